// A value that is used but never logged in clear.
// SPDX-License-Identifier: MIT
#pragma once

#include <utility>

namespace ctxlog {

/// Holds a password, token or the like. Every way into a record or a formatted message shows `***` instead;
/// the only way to the value is `reveal()`, which a reviewer can search for.
template <class T>
class secret {
 public:
  constexpr explicit secret(T value) : value_(std::move(value)) {}

  constexpr const T& reveal() const noexcept { return value_; }

 private:
  T value_;
};

}  // namespace ctxlog
