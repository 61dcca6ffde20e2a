# Finds what the library needs: Threads, nlohmann_json, fmt and spdlog, the latter two compiled or header-only.
# SPDX-License-Identifier: MIT
find_package(Threads REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(fmt 9 REQUIRED)
find_package(spdlog 1.10 REQUIRED)

if(CTXLOG_FMT_HEADER_ONLY)
  set(ctxlog_fmt fmt::fmt-header-only)
else()
  set(ctxlog_fmt fmt::fmt)
endif()
