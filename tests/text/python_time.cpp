// Times and time spans as Python prints them.
// SPDX-License-Identifier: MIT
#include "text/python_time.hpp"

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <string>

namespace {

std::string delta(std::int64_t nanoseconds) {
  std::array<char, 40> text{};
  return {text.data(), ctxlog::detail::write_timedelta(text.data(), nanoseconds)};
}

std::string datetime(std::int64_t unix_nanoseconds) {
  ctxlog::detail::local_time_formatter local;
  std::array<char, 32> text{};
  return {text.data(), ctxlog::detail::write_datetime(text.data(), local, unix_nanoseconds)};
}

}  // namespace

TEST_CASE("A span is printed as Python's str(timedelta) prints it", "[LG-25]") {
  CHECK(delta(0) == "0:00:00");
  CHECK(delta(999) == "0:00:00");
  CHECK(delta(1000) == "0:00:00.000001");
  CHECK(delta(6'261'999) == "0:00:00.006261");
  CHECK(delta(3'000'000'000) == "0:00:03");
  CHECK(delta(86'399'000'000'000) == "23:59:59");
  CHECK(delta(86'400'000'000'000) == "1 day, 0:00:00");
  CHECK(delta(183'601'000'005'000) == "2 days, 3:00:01.000005");
  CHECK(delta(INT64_MAX) == "106751 days, 23:47:16.854775");
}

TEST_CASE("An instant is printed as Python's str(datetime) prints it, without a fraction of zero",
          "[LG-25]") {
  constexpr std::int64_t second = 1'795'165'942'000'000'000;
  CHECK(datetime(second + 57'001'999).substr(16) == ":22.057001" + datetime(second).substr(19));
  CHECK(datetime(second + 999).substr(16) == ":22" + datetime(second).substr(19));
  CHECK(datetime(second).size() == 25);
}
