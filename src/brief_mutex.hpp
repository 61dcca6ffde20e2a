// A mutex for work of nanoseconds: taken without a call, and waited for awake before a thread goes to sleep.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>

namespace ctxlog::detail {

class brief_mutex {
 public:
  void lock() noexcept {
    if (!try_lock()) wait();
  }
  bool try_lock() noexcept {
    int expected = open;
    return state_.compare_exchange_strong(expected, held, std::memory_order_acquire,
                                          std::memory_order_relaxed);
  }
  void unlock() noexcept {
    if (state_.exchange(open, std::memory_order_release) == awaited) state_.notify_one();
  }

 private:
  // Going to sleep and being woken costs as much as many records: mostly the holder is done before.
  void wait() noexcept {
    constexpr int most_looks = 1000;
    for (int looks = 0; looks < most_looks; ++looks)
      if (state_.load(std::memory_order_relaxed) == open && try_lock()) return;
    while (state_.exchange(awaited, std::memory_order_acquire) != open)
      state_.wait(awaited, std::memory_order_relaxed);
  }

  static constexpr int open = 0, held = 1, awaited = 2;
  std::atomic<int> state_{open};
};

}  // namespace ctxlog::detail
