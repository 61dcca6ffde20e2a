// How often the process was asked to open its log files anew.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>

namespace ctxlog::detail {

static_assert(std::atomic<unsigned>::is_always_lock_free, "a signal handler counts");
extern std::atomic<unsigned> reopen_requests;

}  // namespace ctxlog::detail
