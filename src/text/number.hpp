// Numbers as JSON text, written straight into the caller's buffer.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace ctxlog::detail {

inline constexpr auto digit_pairs = [] {
  std::array<char, 200> pairs{};
  for (std::size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

/// Writes exactly two digits; `value` < 100.
inline char* write_2_digits(char* out, std::uint32_t value) {
  std::memcpy(out, digit_pairs.data() + 2 * value, 2);
  return out + 2;
}

/// Writes exactly three digits; `value` < 1000.
inline char* write_3_digits(char* out, std::uint32_t value) {
  *out = static_cast<char>('0' + value / 100);
  return write_2_digits(out + 1, value % 100);
}

/// Writes exactly four digits; `value` < 10 000.
inline char* write_4_digits(char* out, std::uint32_t value) {
  return write_2_digits(write_2_digits(out, value / 100), value % 100);
}

// The first entry is 0 and not 1, so that the value 0 counts one digit like 1 to 9.
inline constexpr auto powers_of_10 = [] {
  std::array<std::uint64_t, 20> powers{};
  for (std::uint64_t i = 1, power = 10; i < 20; ++i, power *= 10) powers[i] = power;
  return powers;
}();

/// Number of decimal digits of `value`: 1 to 20.
constexpr unsigned count_digits(std::uint64_t value) {
  // 1233 / 4096 is log10(2) from above, close enough for 64 bits to be wrong by at most one, which the table
  // corrects.
  const unsigned estimate = static_cast<unsigned>(std::bit_width(value | 1)) * 1233 >> 12;
  return estimate + 1 - (value < powers_of_10[estimate] ? 1 : 0);
}

/// Needs room for 20 bytes.
inline char* write_uint64(char* out, std::uint64_t value) {
  char* const end = out + count_digits(value);
  char* position = end;
  while (value >= 100'000'000) {
    const auto low = static_cast<std::uint32_t>(value % 100'000'000);
    value /= 100'000'000;
    position -= 8;
    write_4_digits(position, low / 10'000);
    write_4_digits(position + 4, low % 10'000);
  }
  auto rest = static_cast<std::uint32_t>(value);
  for (; rest >= 100; rest /= 100) write_2_digits(position -= 2, rest % 100);
  if (rest >= 10) {
    write_2_digits(position - 2, rest);
  } else {
    position[-1] = static_cast<char>('0' + rest);
  }
  return end;
}

/// Needs room for 20 bytes.
inline char* write_int64(char* out, std::int64_t value) {
  auto magnitude = static_cast<std::uint64_t>(value);
  if (value < 0) {
    *out++ = '-';
    magnitude = 0 - magnitude;
  }
  return write_uint64(out, magnitude);
}

/// The general case of `write_double`, for any finite value. Needs room for 32 bytes.
char* write_shortest_double(char* out, double value);

/// Writes the shortest decimal that reads back as `value`, in the form of Python's repr: plain (`3.0`,
/// `-0.0`, `0.1`) for magnitudes from 1e-4 to below 1e16, otherwise with an exponent (`1e+16`, `2.5e-07`).
/// Always valid JSON, and never the text of an integer. `value` must be finite. Needs room for 32 bytes.
inline char* write_double(char* out, double value) {
  const double magnitude = std::fabs(value);
  if (magnitude >= 1e-3 && magnitude < 1e11) [[likely]] {
    // With thousandths below 1e15 the decimal has at most 15 significant digits. Different decimals of that
    // length are different doubles, so if this one reads back as the value (the division is rounded
    // correctly), it is the shortest.
    const auto thousandths = static_cast<std::int64_t>(magnitude * 1000 + 0.5);
    if (static_cast<double>(thousandths) / 1000 == magnitude) {
      if (value < 0) *out++ = '-';
      const auto whole = static_cast<std::uint64_t>(thousandths) / 1000;
      const auto fraction =
          static_cast<std::uint32_t>(thousandths) - static_cast<std::uint32_t>(whole) * 1000;
      out = write_uint64(out, whole);
      *out++ = '.';
      write_3_digits(out, fraction);
      return out + (fraction % 10 != 0 ? 3 : fraction % 100 != 0 ? 2 : 1);
    }
  }
  return write_shortest_double(out, value);
}

/// Writes the shortest decimal that reads back as that float: 0.1f gives `0.1`, not `0.10000000149011612`.
/// Plain for magnitudes from 1e-4 to below 1e7, otherwise with an exponent. `value` must be finite. Needs
/// room for 32 bytes.
char* write_float(char* out, float value);

}  // namespace ctxlog::detail
