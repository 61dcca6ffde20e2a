// Owner of one file descriptor.
// SPDX-License-Identifier: MIT
#pragma once

#include <unistd.h>

#include <utility>

namespace ctxlog::detail {

/// Closes its descriptor; -1 means none.
class unique_descriptor {
 public:
  unique_descriptor() = default;
  explicit unique_descriptor(int descriptor) noexcept : descriptor_(descriptor) {}
  unique_descriptor(unique_descriptor&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  unique_descriptor& operator=(unique_descriptor&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~unique_descriptor() {
    if (descriptor_ != -1) ::close(descriptor_);
  }

  int get() const noexcept { return descriptor_; }

 private:
  int descriptor_ = -1;
};

}  // namespace ctxlog::detail
