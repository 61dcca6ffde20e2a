# Reads the version from its single source, include/ctxlog/export.hpp, into ctxlog_version.
# SPDX-License-Identifier: MIT
file(READ ${CMAKE_CURRENT_LIST_DIR}/../include/ctxlog/export.hpp ctxlog_export_header)
set(ctxlog_version "")
foreach(part MAJOR MINOR PATCH)
  if(NOT ctxlog_export_header MATCHES "#define CTXLOG_VERSION_${part} ([0-9]+)")
    message(FATAL_ERROR "include/ctxlog/export.hpp: expected a line '#define CTXLOG_VERSION_${part} <number>'")
  endif()
  list(APPEND ctxlog_version ${CMAKE_MATCH_1})
endforeach()
list(JOIN ctxlog_version "." ctxlog_version)
