// Instants as text: RFC 3339 in UTC for machines, local time for people.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <limits>

#include "text/number.hpp"

namespace ctxlog::detail {

/// An instant as whole seconds since the Unix epoch, rounded down, and the nanoseconds above them.
struct split_time {
  std::int64_t second;
  std::uint32_t nanosecond;
};

constexpr split_time split_seconds(std::int64_t unix_nanoseconds) {
  std::int64_t second = unix_nanoseconds / 1'000'000'000;
  std::int64_t rest = unix_nanoseconds % 1'000'000'000;
  if (rest < 0) {
    --second;
    rest += 1'000'000'000;
  }
  return {second, static_cast<std::uint32_t>(rest)};
}

/// Writes `.374`, 4 bytes; rounded down, so that a text never lies after its instant.
inline char* write_milliseconds(char* out, std::uint32_t nanosecond) {
  *out = '.';
  return write_3_digits(out + 1, nanosecond / 1'000'000);
}

/// Writes `.374940`, 7 bytes; rounded down.
inline char* write_microseconds(char* out, std::uint32_t nanosecond) {
  *out = '.';
  return write_digit_pairs<3>(out + 1, nanosecond / 1000);
}

/// Writes RFC 3339 text in UTC with exactly six fractional digits, `2026-11-20T09:18:39.374940Z`: 27 bytes.
/// Every value is an instant of the years 1677 to 2262, so nothing needs clamping. Safe in any thread.
char* write_rfc3339_utc(char* out, std::int64_t unix_nanoseconds);

/// The same text as `write_rfc3339_utc`, faster for instants of one second in a row: it keeps the text of the
/// last second. An object belongs to one thread at a time.
class rfc3339_formatter {
 public:
  rfc3339_formatter() { remember(0); }

  /// Writes 27 bytes.
  char* write(char* out, std::int64_t unix_nanoseconds) {
    if (since_second(unix_nanoseconds) >= 1'000'000'000) remember(unix_nanoseconds);
    std::memcpy(out, text_.data(), text_.size());
    const auto nanosecond = static_cast<std::uint32_t>(since_second(unix_nanoseconds));
    out = write_microseconds(out + text_.size(), nanosecond);
    *out = 'Z';
    return out + 1;
  }

 private:
  // Above all nanoseconds of the second for what is before it.
  std::uint64_t since_second(std::int64_t unix_nanoseconds) const {
    return static_cast<std::uint64_t>(unix_nanoseconds) - second_;
  }
  void remember(std::int64_t unix_nanoseconds);

  std::uint64_t second_;  // in nanoseconds since the Unix epoch, modulo 2^64
  std::array<char, 19> text_;
};

/// Instants in the time zone of the process (localtime_r; POSIX), asked for once per second: a zone changed
/// with tzset() shows from the next second on. An object belongs to one thread at a time.
class local_time_formatter {
 public:
  /// Writes `HH:MM:SS.mmm`, 12 bytes.
  char* write_time_ms(char* out, std::int64_t unix_nanoseconds);

  /// Writes `YYYY-MM-DD HH:MM:SS.mmm`, 23 bytes.
  char* write_date_time_ms(char* out, std::int64_t unix_nanoseconds);

  /// Writes `YYYY-MM-DD HH:MM:SS.mmmmmm`, 26 bytes.
  char* write_date_time_us(char* out, std::int64_t unix_nanoseconds);

  /// Writes the distance from UTC at that instant, `+05:30`, 6 bytes; seconds of historic local mean times
  /// are cut off.
  char* write_offset(char* out, std::int64_t unix_nanoseconds);

 private:
  void remember(std::int64_t second);
  split_time seek(std::int64_t unix_nanoseconds);

  std::int64_t second_ = std::numeric_limits<std::int64_t>::min();
  std::array<char, 19> text_{};
  std::array<char, 6> offset_{};
};

}  // namespace ctxlog::detail
