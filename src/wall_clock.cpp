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

}  // namespace

std::int64_t wall_clock::read() noexcept {
  if (!ticks_are_cycles()) return realtime_nanoseconds();
  if (valid_for_ == 0) learn_rate();
  ticks_ = ticks_now(true);
  nanoseconds_ = realtime_nanoseconds();
  return nanoseconds_;
}

// Against a clock that nobody sets; after two milliseconds the error is a nanosecond in the time that it is used.
void wall_clock::learn_rate() noexcept {
  constexpr std::int64_t least_span = 2'000'000;
  const std::uint64_t ticks = ticks_now(true);
  const std::int64_t nanoseconds = monotonic_nanoseconds();
  if (first_ticks_ == 0) {
    first_ticks_ = ticks;
    first_nanoseconds_ = nanoseconds;
  }
  const std::int64_t span = nanoseconds - first_nanoseconds_;
  if (span < least_span) return;
  constexpr double valid_nanoseconds = 50'000, two_to_32 = 4294967296;
  const double rate = static_cast<double>(span) / static_cast<double>(ticks - first_ticks_);
  nanoseconds_per_tick_ = static_cast<std::uint64_t>(rate * two_to_32);
  valid_for_ = static_cast<std::uint64_t>(valid_nanoseconds / rate);
}

}  // namespace ctxlog::detail
