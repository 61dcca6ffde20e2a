// Waiting for a word to change, with a time limit (futex(2)), which std::atomic lacks.
// SPDX-License-Identifier: MIT
#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <climits>
#include <cstdint>
#include <ctime>

namespace ctxlog::detail {

// Returns when the word is not `seen`, when it was woken, after the time, or for no reason.
inline void wait_while(const std::atomic<std::uint32_t>& word, std::uint32_t seen,
                       std::chrono::nanoseconds most) noexcept {
  timespec limit{};
  limit.tv_sec = static_cast<std::time_t>(most.count() / 1'000'000'000);
  limit.tv_nsec = static_cast<long>(most.count() % 1'000'000'000);
  ::syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, seen, &limit, nullptr, 0);
}

inline void wake_all(const std::atomic<std::uint32_t>& word) noexcept {
  ::syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
}

}  // namespace ctxlog::detail
