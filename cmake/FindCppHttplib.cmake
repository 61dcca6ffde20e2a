# Finds cpp-httplib, by CMake or else by pkg-config, as CppHttplib::CppHttplib and sets CppHttplib_VERSION.
# SPDX-License-Identifier: MIT
#
# A bare httplib.h is not enough: class layouts depend on macros, and a compiled cpp-httplib, as Debian has it, wants
# those it was compiled with.
find_package(httplib CONFIG QUIET)
if(httplib_FOUND)
  set(CppHttplib_VERSION ${httplib_VERSION})
  set(cpp_httplib_target httplib::httplib)
else()
  find_package(PkgConfig QUIET)
  if(PkgConfig_FOUND)
    pkg_check_modules(cpp_httplib QUIET IMPORTED_TARGET cpp-httplib)
  endif()
  if(cpp_httplib_FOUND)
    set(CppHttplib_VERSION ${cpp_httplib_VERSION})
    set(cpp_httplib_target PkgConfig::cpp_httplib)
  endif()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(CppHttplib REQUIRED_VARS cpp_httplib_target VERSION_VAR CppHttplib_VERSION)

if(CppHttplib_FOUND AND NOT TARGET CppHttplib::CppHttplib)
  add_library(CppHttplib::CppHttplib INTERFACE IMPORTED)
  target_link_libraries(CppHttplib::CppHttplib INTERFACE ${cpp_httplib_target})
endif()
