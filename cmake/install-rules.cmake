# Installs the library, its headers, the CMake package and the pkg-config file.
# SPDX-License-Identifier: MIT
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(ctxlog_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/ctxlog)

target_include_directories(ctxlog INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/ctxlog DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.hpp")
install(TARGETS ctxlog EXPORT ctxlogTargets)
install(EXPORT ctxlogTargets NAMESPACE ctxlog:: DESTINATION ${ctxlog_package_dir})

# Adapters have export sets of their own, so that find_package(ctxlog) does not ask for their frameworks.
foreach(adapter IN LISTS ctxlog_adapters)
  if(TARGET ctxlog_${adapter})
    install(TARGETS ctxlog_${adapter} EXPORT ctxlog-${adapter}-targets)
    install(EXPORT ctxlog-${adapter}-targets NAMESPACE ctxlog:: DESTINATION ${ctxlog_package_dir})
  endif()
endforeach()
install(FILES
  ${PROJECT_SOURCE_DIR}/cmake/adapter-frameworks.cmake
  ${PROJECT_SOURCE_DIR}/cmake/FindAsio.cmake
  ${PROJECT_SOURCE_DIR}/cmake/FindCppHttplib.cmake
  DESTINATION ${ctxlog_package_dir})

configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/ctxlogConfig.cmake.in ctxlogConfig.cmake
                              INSTALL_DESTINATION ${ctxlog_package_dir})
write_basic_package_version_file(ctxlogConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/ctxlogConfig.cmake ${PROJECT_BINARY_DIR}/ctxlogConfigVersion.cmake
        DESTINATION ${ctxlog_package_dir})

# Paths are written relative to the .pc file: the installed tree may be moved or staged anywhere.
file(RELATIVE_PATH ctxlog_pc_prefix ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
if(CTXLOG_FMT_HEADER_ONLY)
  set(ctxlog_pc_requires "nlohmann_json")
  set(ctxlog_pc_cflags " -DFMT_HEADER_ONLY=1")
else()
  set(ctxlog_pc_requires "fmt, spdlog, nlohmann_json")
  set(ctxlog_pc_cflags "")
endif()
configure_file(${PROJECT_SOURCE_DIR}/cmake/ctxlog.pc.in ctxlog.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/ctxlog.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
