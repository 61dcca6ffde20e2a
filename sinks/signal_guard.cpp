// Keeps the signal that a failing write(2) raises away from the program.
// SPDX-License-Identifier: MIT
#include "signal_guard.hpp"

#include <cerrno>
#include <ctime>

namespace ctxlog::detail {
namespace {

sigset_t set_of(int signal) noexcept {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal);
  return set;
}

}  // namespace

signal_guard::signal_guard(int signal) noexcept : signal_(signal) {
  if (signal_ == 0) return;
  const sigset_t set = set_of(signal_);
  sigset_t before;
  pthread_sigmask(SIG_BLOCK, &set, &before);
  was_blocked_ = sigismember(&before, signal_) == 1;
  if (!was_blocked_) return;  // it would have been delivered, so none can be pending for this thread
  sigset_t pending;
  sigpending(&pending);
  was_pending_ = sigismember(&pending, signal_) == 1;
}

signal_guard::~signal_guard() {
  if (signal_ == 0 || was_blocked_) return;
  const sigset_t set = set_of(signal_);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void signal_guard::take_back(int error) noexcept {
  if (signal_ == 0 || was_pending_ || (error != EPIPE && error != EFBIG)) return;
  const sigset_t set = set_of(signal_);
  const timespec at_once{};
  while (sigtimedwait(&set, nullptr, &at_once) == -1 && errno == EINTR) {}
}

}  // namespace ctxlog::detail
