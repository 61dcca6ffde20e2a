// Helpers of the Asio tests: loops that check after every handler that nothing was left behind.
// SPDX-License-Identifier: MIT
#pragma once

#ifdef __SANITIZE_THREAD__
#define ASIO_DISABLE_FENCED_BLOCK  // ThreadSanitizer does not know fences; Asio's locks suffice
#endif

#include <asio.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "context.hpp"
#include "ctxlog/asio.hpp"

namespace asio_test {

inline constinit ctxlog::context_var<std::string> request_id{"request_id"};
inline constinit ctxlog::context_var<int> step{"step", 0};

inline std::string read_id() { return request_id.get_or("none"); }

/// Runs handlers until the loop has no work; returns after how many of them the thread's context was not
/// empty.
inline int run_counting_leaks(asio::io_context& loop) {
  int leaks = 0;
  while (loop.run_one()) leaks += static_cast<bool>(ctxlog::context::current());
  return leaks;
}

/// The same on several threads at once.
inline int run_counting_leaks(asio::io_context& loop, int threads) {
  std::atomic<int> leaks = 0;
  {
    std::vector<std::jthread> running;
    for (int i = 0; i != threads; ++i) running.emplace_back([&] { leaks += run_counting_leaks(loop); });
  }
  return leaks;
}

/// An event loop on a thread of its own, for I/O objects whose executor knows nothing of contexts.
class foreign_loop {
 public:
  asio::io_context& loop() { return loop_; }
  /// Stops the loop; returns what it leaked.
  int finish() {
    work_.reset();
    thread_.join();
    return leaks_;
  }

 private:
  asio::io_context loop_;
  asio::executor_work_guard<asio::io_context::executor_type> work_ = asio::make_work_guard(loop_);
  int leaks_ = 0;
  std::thread thread_{[this] { leaks_ = run_counting_leaks(loop_); }};
};

}  // namespace asio_test
