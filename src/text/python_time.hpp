// Times and time spans as Python prints them.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "text/number.hpp"
#include "text/time.hpp"

namespace ctxlog::detail {

/// Writes `0:00:00.006261`, `0:00:03`, `1 day, 0:00:00` or `2 days, 3:00:01.000005` (rounded down to
/// microseconds) for a span that is not negative. Needs room for 40 bytes.
inline char* write_timedelta(char* out, std::int64_t nanoseconds) {
  const split_time span = split_seconds(nanoseconds);
  const auto of_day = static_cast<std::uint32_t>(span.second % 86'400);
  if (const auto days = static_cast<std::uint64_t>(span.second / 86'400); days != 0) {
    const std::string_view unit = days == 1 ? " day, " : " days, ";
    out = write_uint64(out, days);
    std::memcpy(out, unit.data(), unit.size());
    out += unit.size();
  }
  out = write_uint64(out, of_day / 3600);
  *out++ = ':';
  out = write_2_digits(out, of_day / 60 % 60);
  *out++ = ':';
  out = write_2_digits(out, of_day % 60);
  return span.nanosecond < 1000 ? out : write_microseconds(out, span.nanosecond);
}

/// Writes `2026-11-20 14:56:07.816506+05:30` as str(datetime) does, without the fraction when its microseconds
/// are zero. Needs room for 32 bytes.
inline char* write_datetime(char* out, local_time_formatter& local, std::int64_t unix_nanoseconds) {
  constexpr std::size_t without_fraction = 19;
  char* const whole = local.write_date_time_us(out, unix_nanoseconds);
  const bool exact = split_seconds(unix_nanoseconds).nanosecond < 1000;
  return local.write_offset(exact ? out + without_fraction : whole, unix_nanoseconds);
}

}  // namespace ctxlog::detail
