# The command `ctxlog`, when CLI11 is found.
# SPDX-License-Identifier: MIT
find_package(CLI11 CONFIG QUIET)
if(NOT CLI11_FOUND)
  message(STATUS "the command ctxlog: skipped (CMake finds no CLI11)")
  return()
endif()
add_executable(ctxlog_command ${PROJECT_SOURCE_DIR}/tools/ctxlog.cpp)
set_target_properties(ctxlog_command PROPERTIES OUTPUT_NAME ctxlog)
target_compile_options(ctxlog_command PRIVATE ${ctxlog_fast_to_compile})
target_link_libraries(ctxlog_command PRIVATE ctxlog::ctxlog CLI11::CLI11)
if(CTXLOG_INSTALL)
  include(GNUInstallDirs)
  # It finds a shared library beside it, wherever the tree is moved to.
  file(RELATIVE_PATH ctxlog_library_dir ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
  set_target_properties(ctxlog_command PROPERTIES INSTALL_RPATH "$ORIGIN/${ctxlog_library_dir}")
  install(TARGETS ctxlog_command)
endif()
