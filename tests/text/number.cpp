// Numbers as text: exact, shortest, and the same as the standard library's wherever both write.
// SPDX-License-Identifier: MIT
#include "text/number.hpp"

#include <array>
#include <bit>
#include <catch2/catch_test_macros.hpp>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <string_view>

namespace {

template <class Value>
std::string text_of(char* (*write)(char*, Value), Value value, std::size_t room) {
  std::string out(room + 1, '#');
  const auto size = static_cast<std::size_t>(write(out.data(), value) - out.data());
  REQUIRE(size <= room);
  REQUIRE(out[room] == '#');
  return out.substr(0, size);
}

std::string of(std::uint64_t value) { return text_of(ctxlog::detail::write_uint64, value, 20); }
std::string of(std::int64_t value) { return text_of(ctxlog::detail::write_int64, value, 20); }
std::string of(double value) { return text_of(ctxlog::detail::write_double, value, 32); }

// The documented form by way of the standard library.
std::string expected(double value) {
  const double magnitude = std::fabs(value);
  const bool plain = magnitude == 0 || (magnitude >= 1e-4 && magnitude < 1e16);
  std::array<char, 64> out;
  const auto end = std::to_chars(out.data(), out.data() + out.size(), value,
                                 plain ? std::chars_format::fixed : std::chars_format::scientific)
                       .ptr;
  std::string text(out.data(), end);
  if (plain && text.find('.') == std::string::npos) text += ".0";
  return text;
}

void require_exact(double value) {
  const std::string text = of(value);
  double back{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), back);
  const bool same = error == std::errc{} && end == text.data() + text.size() &&
                    std::bit_cast<std::uint64_t>(back) == std::bit_cast<std::uint64_t>(value);
  if (!same || text != expected(value)) {
    CAPTURE(text, expected(value));
    FAIL("not the shortest decimal of this value");
  }
}

}  // namespace

TEST_CASE("integers are written in full at every number of digits", "[text]") {
  std::uint64_t power = 1;
  for (int digits = 1; digits <= 20; ++digits) {
    for (const std::uint64_t value : {power - 1, power, power + 1, power + power / 3}) {
      CHECK(of(value) == std::to_string(value));
      CHECK(of(static_cast<std::int64_t>(value)) == std::to_string(static_cast<std::int64_t>(value)));
      CHECK(of(static_cast<std::int64_t>(0 - value)) == std::to_string(static_cast<std::int64_t>(0 - value)));
    }
    power *= 10;
  }
  CHECK(of(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
  CHECK(of(std::numeric_limits<std::int64_t>::max()) == "9223372036854775807");
  CHECK(of(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
  for (int bit = 0; bit < 64; ++bit) {
    const std::uint64_t value = std::uint64_t{1} << bit;
    CHECK(of(value) == std::to_string(value));
    CHECK(of(value - 1) == std::to_string(value - 1));
  }
}

TEST_CASE("random integers are written as the standard library writes them", "[text]") {
  std::mt19937_64 random(1);
  for (int i = 0; i < 1'000'000; ++i) {
    const std::uint64_t value = random() >> (random() % 64);
    const auto with_sign = static_cast<std::int64_t>(random()) >> (random() % 64);
    if (of(value) != std::to_string(value) || of(with_sign) != std::to_string(with_sign))
      FAIL(value << ' ' << with_sign);
  }
}

TEST_CASE("doubles look like Python's repr", "[text]") {
  struct row {
    double value;
    std::string_view text;
  };
  // repr() of Python 3.11
  for (const auto& [value, text] :
       std::to_array<row>({{0.0, "0.0"},
                           {-0.0, "-0.0"},
                           {3.0, "3.0"},
                           {-3.5, "-3.5"},
                           {0.1, "0.1"},
                           {0.3, "0.3"},
                           {2.0 / 3, "0.6666666666666666"},
                           {4.35, "4.35"},
                           {19.995, "19.995"},
                           {0.001, "0.001"},
                           {0.0005, "0.0005"},
                           {0.0001, "0.0001"},
                           {9.9999e-05, "9.9999e-05"},
                           {0.000123456, "0.000123456"},
                           {0.00012345678901234567, "0.00012345678901234567"},
                           {0.0012345678901234567, "0.0012345678901234567"},
                           {0.09876543210987654, "0.09876543210987654"},
                           {0.1234567890123456, "0.1234567890123456"},
                           {100000.0, "100000.0"},
                           {123456789012.0, "123456789012.0"},
                           {99999999999.999, "99999999999.999"},
                           {1e11, "100000000000.0"},
                           {1e15, "1000000000000000.0"},
                           {9007199254740993.0, "9007199254740992.0"},
                           {9999999999999998.0, "9999999999999998.0"},
                           {1e16, "1e+16"},
                           {12345678901234567.0, "1.2345678901234568e+16"},
                           {1e23, "1e+23"},
                           {5e-324, "5e-324"},
                           {2.2250738585072014e-308, "2.2250738585072014e-308"},
                           {-1.7976931348623157e308, "-1.7976931348623157e+308"}})) {
    CHECK(of(value) == text);
  }
}

TEST_CASE("a million random doubles are the shortest decimals that read back", "[text]") {
  std::mt19937_64 random(2);
  for (int i = 0; i < 1'000'000; ++i) {
    const double any = std::bit_cast<double>(random());
    if (std::isfinite(any)) require_exact(any);
    // Decimals around the short path: up to six places, and their neighbours.
    const double scale = std::pow(10, static_cast<double>(random() % 7));
    const double decimal =
        static_cast<double>(static_cast<std::int64_t>(random()) >> (random() % 60 + 4)) / scale;
    require_exact(decimal);
    require_exact(std::nextafter(decimal, 1e300));
  }
}
