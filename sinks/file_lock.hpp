// A lock between processes, and between sinks of one process, on a file of its own.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "unique_descriptor.hpp"

namespace ctxlog::detail {

/// flock(2) on a file that is made when it is missing and never removed. One thread at a time.
class file_lock {
 public:
  explicit file_lock(std::string path) : path_(std::move(path)) {}

  /// Waits for its turn. Returns 0 or the errno for which there is none.
  int lock() noexcept;
  void unlock() noexcept;

 private:
  int open() noexcept;

  std::string path_;
  unique_descriptor file_;
  unsigned forks_ = 0;  // the process that opened file_
};

}  // namespace ctxlog::detail
