// Long integers, and the shortest decimal of a floating-point number.
// SPDX-License-Identifier: MIT
#include "text/number.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace ctxlog::detail {
namespace {

// Above `plain_below` std::to_chars would print the exact integer instead of the shortest digits.
template <class Float>
char* write_shortest(char* out, Float value, Float plain_below) {
  const Float magnitude = std::fabs(value);
  const bool plain = magnitude == 0 || (magnitude >= static_cast<Float>(1e-4) && magnitude < plain_below);
  const auto format = plain ? std::chars_format::fixed : std::chars_format::scientific;
  char* end = std::to_chars(out, out + 32, value, format).ptr;
  if (plain && std::find(out, end, '.') == end) {
    *end++ = '.';
    *end++ = '0';
  }
  return end;
}

}  // namespace

char* write_long_uint64(char* out, std::uint64_t value) {
  constexpr std::uint64_t eight_digits = 100'000'000;
  const std::uint64_t high = value / eight_digits;
  if (high < eight_digits)
    out = write_uint64(out, high);
  else
    out = write_digit_pairs<4>(write_uint64(out, high / eight_digits), high % eight_digits);
  return write_digit_pairs<4>(out, value % eight_digits);
}

char* write_shortest_double(char* out, double value) { return write_shortest(out, value, 1e16); }

char* write_float(char* out, float value) { return write_shortest(out, value, 1e7F); }

}  // namespace ctxlog::detail
