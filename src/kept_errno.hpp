// What the caller's errno was.
// SPDX-License-Identifier: MIT
#pragma once

#include <cerrno>

namespace ctxlog::detail {

// Gives it back at the end of the scope: a log call leaves errno as it was.
class kept_errno {
 public:
  kept_errno() noexcept : value_(errno) {}
  kept_errno(const kept_errno&) = delete;
  kept_errno& operator=(const kept_errno&) = delete;
  ~kept_errno() { errno = value_; }

 private:
  int value_;
};

}  // namespace ctxlog::detail
