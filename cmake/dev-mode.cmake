# What developers of ctxlog get and its users do not: a default build type, ccache, warnings for our own targets.
# SPDX-License-Identifier: MIT
option(CTXLOG_WARNINGS_AS_ERRORS "Treat compiler warnings in ctxlog's own targets as errors" OFF)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Build type" FORCE)
endif()

find_program(CTXLOG_CCACHE ccache)
mark_as_advanced(CTXLOG_CCACHE)
if(CTXLOG_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CTXLOG_CCACHE})
endif()

set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_COMPILE_WARNING_AS_ERROR ${CTXLOG_WARNINGS_AS_ERRORS})
# A build of the library alone is a packager's.
if(CTXLOG_BUILD_TESTS OR CTXLOG_BUILD_EXAMPLES OR CTXLOG_BUILD_BENCH OR CTXLOG_BUILD_FUZZERS)
  add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion)
endif()

# Tests are compiled more often than they run; the library keeps the flags of the build type.
if(CTXLOG_BUILD_TESTS)
  set(ctxlog_fast_to_compile -O0 -g1)
  # So that ccache sees which precompiled header is used; see also the environment that the presets give it.
  add_compile_options($<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
endif()
