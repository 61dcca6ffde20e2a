// Time stamps against the C library's calendar, in UTC and in zones that shift.
// SPDX-License-Identifier: MIT
#include "text/time.hpp"

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <limits>
#include <optional>
#include <random>
#include <string>

namespace {

constexpr std::int64_t billion = 1'000'000'000;
constexpr std::int64_t earliest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t latest = std::numeric_limits<std::int64_t>::max();

std::int64_t floor_second(std::int64_t nanoseconds) {
  return nanoseconds / billion - (nanoseconds % billion < 0 ? 1 : 0);
}

std::string strftime_of(const std::tm& time, const char* format) {
  std::array<char, 64> out;
  return {out.data(), std::strftime(out.data(), out.size(), format, &time)};
}

// ".374940" with three or six digits
std::string fraction(std::int64_t nanoseconds, int digits) {
  const auto rest = static_cast<int>((nanoseconds % billion + billion) % billion);
  std::array<char, 16> out;
  std::snprintf(out.data(), out.size(), ".%09d", rest);
  return {out.data(), static_cast<std::size_t>(digits) + 1};
}

std::string utc_by_c_library(std::int64_t nanoseconds) {
  const std::time_t second = floor_second(nanoseconds);
  std::tm time{};
  ::gmtime_r(&second, &time);
  return strftime_of(time, "%Y-%m-%dT%H:%M:%S") + fraction(nanoseconds, 6) + "Z";
}

std::string utc(std::int64_t nanoseconds) {
  std::array<char, 27> out;
  REQUIRE(ctxlog::detail::write_rfc3339_utc(out.data(), nanoseconds) == out.data() + out.size());
  return {out.data(), out.size()};
}

template <std::size_t Size, class Formatter>
std::string by(Formatter& formatter, char* (Formatter::*write)(char*, std::int64_t),
               std::int64_t nanoseconds) {
  std::array<char, Size> out;
  REQUIRE((formatter.*write)(out.data(), nanoseconds) == out.data() + out.size());
  return {out.data(), out.size()};
}

// The time zone of the process, for the length of a test.
class time_zone {
 public:
  explicit time_zone(const char* zone) {
    if (const char* const old = std::getenv("TZ")) old_ = old;
    ::setenv("TZ", zone, 1);
    ::tzset();
  }
  time_zone(const time_zone&) = delete;
  time_zone& operator=(const time_zone&) = delete;
  ~time_zone() {
    if (old_) {
      ::setenv("TZ", old_->c_str(), 1);
    } else {
      ::unsetenv("TZ");
    }
    ::tzset();
  }

 private:
  std::optional<std::string> old_;
};

void require_local_as_c_library(ctxlog::detail::local_time_formatter& formatter, std::int64_t nanoseconds) {
  using formatter_type = ctxlog::detail::local_time_formatter;
  const std::time_t second = floor_second(nanoseconds);
  std::tm time{};
  ::localtime_r(&second, &time);
  const std::string date = strftime_of(time, "%Y-%m-%d ");
  const std::string clock = strftime_of(time, "%H:%M:%S");
  const std::string zone = strftime_of(time, "%z");
  CHECK(by<12>(formatter, &formatter_type::write_time_ms, nanoseconds) == clock + fraction(nanoseconds, 3));
  CHECK(by<23>(formatter, &formatter_type::write_date_time_ms, nanoseconds) ==
        date + clock + fraction(nanoseconds, 3));
  CHECK(by<26>(formatter, &formatter_type::write_date_time_us, nanoseconds) ==
        date + clock + fraction(nanoseconds, 6));
  CHECK(by<6>(formatter, &formatter_type::write_offset, nanoseconds) ==
        zone.substr(0, 3) + ":" + zone.substr(3));
}

}  // namespace

TEST_CASE("an instant is RFC 3339 text in UTC with six digits", "[text]") {
  CHECK(utc(1795166319374940123) == "2026-11-20T09:18:39.374940Z");
  CHECK(utc(0) == "1970-01-01T00:00:00.000000Z");
  CHECK(utc(-1) == "1969-12-31T23:59:59.999999Z");
  CHECK(utc(-billion) == "1969-12-31T23:59:59.000000Z");
  CHECK(utc(999) == "1970-01-01T00:00:00.000000Z");
  CHECK(utc(billion - 1) == "1970-01-01T00:00:00.999999Z");
  CHECK(utc(951782400 * billion) == "2000-02-29T00:00:00.000000Z");
  CHECK(utc(4107542400 * billion) == "2100-03-01T00:00:00.000000Z");
  CHECK(utc(earliest) == "1677-09-21T00:12:43.145224Z");
  CHECK(utc(latest) == "2262-04-11T23:47:16.854775Z");
}

TEST_CASE("every day of six centuries is the day of the C library", "[text]") {
  constexpr std::int64_t day = 86400 * billion;
  for (std::int64_t midnight = earliest / day * day; midnight <= latest - day; midnight += day) {
    for (const std::int64_t instant : {midnight, midnight + day - 1}) {
      if (utc(instant) != utc_by_c_library(instant)) FAIL(instant << ": " << utc(instant));
    }
  }
}

TEST_CASE("a formatter that remembers its second writes the same text", "[text]") {
  ctxlog::detail::rfc3339_formatter formatter;
  std::mt19937_64 random(4);
  for (int i = 0; i < 20'000; ++i) {
    const std::int64_t start = static_cast<std::int64_t>(random()) / 2;
    // Within the second, over its edge, and back.
    for (const std::int64_t step :
         std::to_array<std::int64_t>({0, 1, 999, 999'999'999, 1, -500'000'000, 0, 86'400'000'000'000})) {
      const std::int64_t instant = start + step;
      const std::string text = by<27>(formatter, &ctxlog::detail::rfc3339_formatter::write, instant);
      if (text != utc_by_c_library(instant)) FAIL(instant << ": " << text);
    }
  }
}

TEST_CASE("local time follows the zone, its odd offsets and its changes of clock", "[text]") {
  // POSIX zones, so that no time zone data need be installed.
  for (const char* const zone :
       {"UTC0", "IST-5:30", "NPT-5:45", "NST3:30NDT,M3.2.0,M11.1.0", "CET-1CEST,M3.5.0,M10.5.0/3"}) {
    CAPTURE(zone);
    const time_zone here(zone);
    ctxlog::detail::local_time_formatter formatter;
    for (const std::int64_t instant :
         {std::int64_t{0}, std::int64_t{-1}, 1795166319374940123, earliest, latest}) {
      require_local_as_c_library(formatter, instant);
    }
    // Both changes of clock of 2026 in these zones, from one second before to one after.
    for (const std::int64_t change : {1774746000, 1792890000, 1772947800, 1793507400}) {
      for (std::int64_t second = change - 1; second <= change + 1; ++second) {
        require_local_as_c_library(formatter, second * billion + 999'999'999);
      }
    }
  }
}

TEST_CASE("local time shows a changed zone from the next second on", "[text]") {
  using formatter_type = ctxlog::detail::local_time_formatter;
  formatter_type formatter;
  const time_zone india("IST-5:30");
  CHECK(by<6>(formatter, &formatter_type::write_offset, 0) == "+05:30");
  const time_zone newfoundland("NST3:30");
  CHECK(by<6>(formatter, &formatter_type::write_offset, billion - 1) == "+05:30");
  CHECK(by<6>(formatter, &formatter_type::write_offset, billion) == "-03:30");
  CHECK(by<23>(formatter, &formatter_type::write_date_time_ms, billion) == "1969-12-31 20:30:01.000");
}
