// The realtime clock for many records in a row: read now and then, counted on by the processor in between.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "tick_clock.hpp"

namespace ctxlog::detail {

// Nanoseconds since 1970. Within the 50 microseconds after a reading the processor's counter goes on; were the
// kernel to speed the clock up or down as far as it can (adjtimex(2): 500 ppm), that would be 25 ns wrong. One
// thread.
class wall_clock {
 public:
  std::int64_t now() noexcept {
    if (valid_for_ == 0) return read();
    const std::uint64_t since = ticks_now(true) - ticks_;
    if (since >= valid_for_) [[unlikely]]
      return read();
    return nanoseconds_ + static_cast<std::int64_t>(since * nanoseconds_per_tick_ >> 32);
  }

 private:
  std::int64_t read() noexcept;
  void learn_rate() noexcept;

  std::uint64_t first_ticks_ = 0;
  std::int64_t first_nanoseconds_ = 0;  // of the monotonic clock
  std::uint64_t ticks_ = 0;
  std::int64_t nanoseconds_ = 0;
  std::uint64_t valid_for_ = 0;             // ticks; 0 while their rate is not known, or for ever
  std::uint64_t nanoseconds_per_tick_ = 0;  // times 2^32
};

}  // namespace ctxlog::detail
