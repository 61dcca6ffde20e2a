// A clock that costs the caller one instruction: counted ticks, turned into time behind.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <ctime>
#include <limits>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace ctxlog::detail {

inline std::int64_t realtime_nanoseconds() noexcept {
  timespec t{};
  ::clock_gettime(CLOCK_REALTIME, &t);
  return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

// Whether the processor's counter runs evenly on every core; otherwise a tick is a nanosecond of the realtime
// clock.
bool ticks_are_cycles() noexcept;

inline std::uint64_t ticks_now(bool cycles) noexcept {
#if defined(__x86_64__)
  if (cycles) return __rdtsc();
#endif
  (void)cycles;
  return static_cast<std::uint64_t>(realtime_nanoseconds());
}

// Where ticks and time were read together, and how fast they run. Part of the file format of queues.
struct tick_line {
  std::uint64_t ticks = 0;
  std::int64_t nanoseconds = 0;  // since 1970
  double nanoseconds_per_tick = 1;

  // At the limits of 64 bits for lines and ticks that cannot be.
  std::int64_t time_of(std::uint64_t at) const noexcept {
    constexpr double limit = 4e18;
    const auto distance = static_cast<std::int64_t>(at - ticks);
    const double span = static_cast<double>(distance) * nanoseconds_per_tick;
    if (!(span > -limit && span < limit) || nanoseconds < 0 ||
        nanoseconds > std::int64_t{5'000'000'000'000'000'000})
      return std::numeric_limits<std::int64_t>::max();
    return nanoseconds + static_cast<std::int64_t>(span);
  }
};

// Follows the realtime clock: each line joins the last two readings, so that what happened between them is
// never extrapolated. One thread.
class tick_clock {
 public:
  explicit tick_clock(bool cycles) noexcept;

  // Reads both clocks.
  void advance() noexcept;
  const tick_line& line() const noexcept { return line_; }
  std::uint64_t now() const noexcept { return ticks_now(cycles_); }
  // So many ticks are about that time.
  std::uint64_t ticks_of(std::int64_t nanoseconds) const noexcept;

 private:
  bool cycles_;
  tick_line line_;
  std::uint64_t last_ticks_;
  std::int64_t last_nanoseconds_;
};

}  // namespace ctxlog::detail
