// Keeps the signal that a failing write(2) raises away from the program.
// SPDX-License-Identifier: MIT
#pragma once

#include <csignal>

namespace ctxlog::detail {

/// Blocks one signal in this thread for its lifetime; signal 0 blocks nothing and costs nothing.
///
/// A write raises SIGPIPE and SIGXFSZ in the writing thread, so blocking them there and taking back the one
/// that the write raised leaves the program's handlers, its other threads and a signal that was already
/// pending untouched.
class signal_guard {
 public:
  explicit signal_guard(int signal) noexcept;
  ~signal_guard();
  signal_guard(const signal_guard&) = delete;
  signal_guard& operator=(const signal_guard&) = delete;

  /// Takes back the signal that came with the failure `error`; without effect for other failures.
  void take_back(int error) noexcept;

 private:
  int signal_;
  bool was_blocked_ = false;
  bool was_pending_ = false;
};

}  // namespace ctxlog::detail
