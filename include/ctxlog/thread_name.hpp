// A readable name for a thread, as records show it.
// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "ctxlog/export.hpp"

namespace ctxlog {

/// Names the calling thread in its records (up to 63 bytes) and, cut to 15 bytes, for the system's tools
/// (Linux pthread_setname_np). A thread named by pthread_setname_np alone, before its first record, keeps
/// that name.
CTXLOG_API void set_thread_name(std::string_view name) noexcept;

}  // namespace ctxlog
