// The end of a wait.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

namespace ctxlog::detail {

using deadline_clock = std::chrono::steady_clock;

inline deadline_clock::time_point deadline_in(std::chrono::milliseconds most) noexcept {
  const auto now = deadline_clock::now();
  const auto rest = std::chrono::floor<std::chrono::milliseconds>(deadline_clock::time_point::max() - now);
  return most >= rest ? deadline_clock::time_point::max() : now + most;
}

}  // namespace ctxlog::detail
