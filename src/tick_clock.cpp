// Reading the processor's counter beside the realtime clock.
// SPDX-License-Identifier: MIT
#include "tick_clock.hpp"

#include <atomic>
#include <cmath>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace ctxlog::detail {

namespace {

bool counter_is_invariant() noexcept {
#if defined(__x86_64__)
  constexpr unsigned power_management = 0x8000'0007, invariant_tsc = 1u << 8;
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid(power_management, &a, &b, &c, &d) != 0 && (d & invariant_tsc) != 0;
#else
  return false;
#endif
}

}  // namespace

// No static of the function: a child forked while another thread initialises it would wait for ever.
bool ticks_are_cycles() noexcept {
  enum class answer : unsigned char { unknown, no, yes };
  static constinit std::atomic<answer> known{answer::unknown};
  answer result = known.load(std::memory_order_relaxed);
  if (result == answer::unknown) {
    result = counter_is_invariant() ? answer::yes : answer::no;
    known.store(result, std::memory_order_relaxed);
  }
  return result == answer::yes;
}

tick_clock::tick_clock(bool cycles) noexcept
    : cycles_(cycles), last_ticks_(now()), last_nanoseconds_(realtime_nanoseconds()) {
  // Short, since the first record waits for it; the next reading makes it exact.
  constexpr std::int64_t first_span = 20'000;
  while (cycles_ && realtime_nanoseconds() - last_nanoseconds_ < first_span) {}
  line_ = {last_ticks_, last_nanoseconds_, 1};
  advance();
}

void tick_clock::advance() noexcept {
  if (!cycles_) return;
  constexpr std::uint64_t least_span = 10'000;  // below, the readings' own time would spoil the slope
  const std::uint64_t ticks = now();
  const std::int64_t nanoseconds = realtime_nanoseconds();
  if (ticks - last_ticks_ < least_span) return;
  const double slope =
      static_cast<double>(nanoseconds - last_nanoseconds_) / static_cast<double>(ticks - last_ticks_);
  constexpr double most_drift = 0.01;
  const bool first = line_.nanoseconds_per_tick == 1;
  // A realtime clock that was set leaves the speed as it is.
  const bool stepped = !first && std::abs(slope / line_.nanoseconds_per_tick - 1) > most_drift;
  line_ = {ticks, nanoseconds, stepped ? line_.nanoseconds_per_tick : slope};
  last_ticks_ = ticks;
  last_nanoseconds_ = nanoseconds;
}

std::uint64_t tick_clock::ticks_of(std::int64_t nanoseconds) const noexcept {
  return static_cast<std::uint64_t>(static_cast<double>(nanoseconds) / line_.nanoseconds_per_tick);
}

}  // namespace ctxlog::detail
