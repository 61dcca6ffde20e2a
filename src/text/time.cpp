// Calendar arithmetic and the time zone behind the time texts.
// SPDX-License-Identifier: MIT
#include "text/time.hpp"

#include <chrono>
#include <cstdlib>
#include <ctime>

namespace ctxlog::detail {
namespace {

char* write_date(char* out, int year, unsigned month, unsigned day) {
  out = write_4_digits(out, static_cast<std::uint32_t>(year));
  *out++ = '-';
  out = write_2_digits(out, month);
  *out++ = '-';
  return write_2_digits(out, day);
}

char* write_clock(char* out, unsigned hour, unsigned minute, unsigned second) {
  out = write_2_digits(out, hour);
  *out++ = ':';
  out = write_2_digits(out, minute);
  *out++ = ':';
  return write_2_digits(out, second);
}

char* write_utc_second(char* out, std::int64_t second) {
  const std::chrono::sys_seconds instant{std::chrono::seconds{second}};
  const auto midnight = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::year_month_day date{midnight};
  const auto of_day = static_cast<std::uint32_t>((instant - midnight).count());
  out = write_date(out, static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                   static_cast<unsigned>(date.day()));
  *out++ = 'T';
  return write_clock(out, of_day / 3600, of_day / 60 % 60, of_day % 60);
}

}  // namespace

char* write_rfc3339_utc(char* out, std::int64_t unix_nanoseconds) {
  const auto [second, nanosecond] = split_seconds(unix_nanoseconds);
  out = write_microseconds(write_utc_second(out, second), nanosecond);
  *out = 'Z';
  return out + 1;
}

void rfc3339_formatter::remember(std::int64_t unix_nanoseconds) {
  const auto [second, nanosecond] = split_seconds(unix_nanoseconds);
  write_utc_second(text_.data(), second);
  second_ = static_cast<std::uint64_t>(unix_nanoseconds) - nanosecond;
}

char* local_time_formatter::write_time_ms(char* out, std::int64_t unix_nanoseconds) {
  const split_time at = seek(unix_nanoseconds);
  std::memcpy(out, text_.data() + 11, 8);
  return write_milliseconds(out + 8, at.nanosecond);
}

char* local_time_formatter::write_date_time_ms(char* out, std::int64_t unix_nanoseconds) {
  const split_time at = seek(unix_nanoseconds);
  std::memcpy(out, text_.data(), text_.size());
  return write_milliseconds(out + text_.size(), at.nanosecond);
}

char* local_time_formatter::write_date_time_us(char* out, std::int64_t unix_nanoseconds) {
  const split_time at = seek(unix_nanoseconds);
  std::memcpy(out, text_.data(), text_.size());
  return write_microseconds(out + text_.size(), at.nanosecond);
}

char* local_time_formatter::write_offset(char* out, std::int64_t unix_nanoseconds) {
  seek(unix_nanoseconds);
  std::memcpy(out, offset_.data(), offset_.size());
  return out + offset_.size();
}

split_time local_time_formatter::seek(std::int64_t unix_nanoseconds) {
  const split_time at = split_seconds(unix_nanoseconds);
  if (at.second != second_) remember(at.second);
  return at;
}

void local_time_formatter::remember(std::int64_t second) {
  const std::time_t time{second};
  std::tm local{};
  ::localtime_r(&time, &local);  // fails only for years that no count of nanoseconds reaches
  char* out = write_date(text_.data(), local.tm_year + 1900, static_cast<unsigned>(local.tm_mon + 1),
                         static_cast<unsigned>(local.tm_mday));
  *out++ = ' ';
  write_clock(out, static_cast<unsigned>(local.tm_hour), static_cast<unsigned>(local.tm_min),
              static_cast<unsigned>(local.tm_sec));

  const auto minutes = static_cast<std::uint32_t>(std::labs(local.tm_gmtoff) / 60);
  offset_[0] = local.tm_gmtoff < 0 ? '-' : '+';
  write_2_digits(offset_.data() + 1, minutes / 60);
  offset_[3] = ':';
  write_2_digits(offset_.data() + 4, minutes % 60);
  second_ = second;
}

}  // namespace ctxlog::detail
