// Reading the realtime clock and the rate of the processor's counter.
// SPDX-License-Identifier: MIT
#include "wall_clock.hpp"

#include <ctime>

namespace ctxlog::detail {
namespace {

std::int64_t monotonic_nanoseconds() noexcept {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

// The rate of the counter against a clock that nobody sets; 0 as long as the process is too young to know it.
double nanoseconds_per_tick() noexcept {
  static const std::int64_t first_nanoseconds = monotonic_nanoseconds();
  static const std::uint64_t first_ticks = ticks_now(true);
  constexpr std::int64_t least_span = 2'000'000;  // then the error is a nanosecond in 50 microseconds
  const std::int64_t span = monotonic_nanoseconds() - first_nanoseconds;
  return span < least_span ? 0
                           : static_cast<double>(span) / static_cast<double>(ticks_now(true) - first_ticks);
}

}  // namespace

std::int64_t wall_clock::read() noexcept {
  constexpr double valid_nanoseconds = 50'000, two_to_32 = 4294967296;
  if (valid_for_ == 0) {
    if (const double rate = nanoseconds_per_tick(); rate != 0) {
      nanoseconds_per_tick_ = static_cast<std::uint64_t>(rate * two_to_32);
      valid_for_ = static_cast<std::uint64_t>(valid_nanoseconds / rate);
    }
  }
  ticks_ = ticks_now(true);
  nanoseconds_ = realtime_nanoseconds();
  return nanoseconds_;
}

}  // namespace ctxlog::detail
