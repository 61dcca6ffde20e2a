// Tells a child of fork() from its parent.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>

namespace ctxlog::detail {

extern std::atomic<unsigned> forks_counted;

/// Has fork_count() count from now on.
void count_forks() noexcept;

/// The number of fork() calls between the process that first called count_forks() and this one.
inline unsigned fork_count() noexcept { return forks_counted.load(std::memory_order_relaxed); }

}  // namespace ctxlog::detail
