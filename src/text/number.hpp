// Numbers as JSON text, written straight into the caller's buffer.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
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
inline char* write_2_digits(char* out, std::uint64_t value) {
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

__extension__ using uint128 = unsigned __int128;

// The decimal digits of a number below 100^Pairs, two by two from the left (Anhalt, "jeaiii"): the first two stand
// before the binary point of a 64.64-bit fraction, and multiplying what is behind the point by 100 brings the next
// two there. Its factor is rounded up. That adds less than 10^8 x 2^-64, and a wrong digit needs 10^-6.
template <unsigned Pairs>
class digits_from_left {
  static_assert(Pairs >= 2 && Pairs <= 4);

 public:
  explicit digits_from_left(std::uint64_t value) : fraction_(uint128{value} * factor) {}

  std::uint64_t first_pair() const { return static_cast<std::uint64_t>(fraction_ >> 64); }

  char* write_other_pairs(char* out) const {
    uint128 rest = fraction_;
    for (unsigned i = 1; i < Pairs; ++i) {
      rest = uint128{static_cast<std::uint64_t>(rest)} * 100;
      out = write_2_digits(out, static_cast<std::uint64_t>(rest >> 64));
    }
    return out;
  }

 private:
  static constexpr std::uint64_t divisor = Pairs == 2 ? 100 : Pairs == 3 ? 10'000 : 1'000'000;
  static constexpr std::uint64_t factor = ~std::uint64_t{0} / divisor + 1;

  uint128 fraction_;
};

/// Writes exactly that many digits; `value` < 100^Pairs.
template <unsigned Pairs>
char* write_digit_pairs(char* out, std::uint64_t value) {
  const digits_from_left<Pairs> digits(value);
  return digits.write_other_pairs(write_2_digits(out, digits.first_pair()));
}

// One or two digits, though two bytes are written; `value` < 100.
inline char* write_leading_digits(char* out, std::uint64_t value) {
  const std::size_t zeros = value < 10 ? 1 : 0;
  std::memcpy(out, digit_pairs.data() + 2 * value + zeros, 2);
  return out + 2 - zeros;
}

template <unsigned Pairs>
char* write_without_zeros(char* out, std::uint64_t value) {
  const digits_from_left<Pairs> digits(value);
  return digits.write_other_pairs(write_leading_digits(out, digits.first_pair()));
}

/// The general case of `write_uint64`, for 10^8 and above.
char* write_long_uint64(char* out, std::uint64_t value);

/// Needs room for 20 bytes.
inline char* write_uint64(char* out, std::uint64_t value) {
  if (value < 100) return write_leading_digits(out, value);
  if (value < 10'000) return write_without_zeros<2>(out, value);
  if (value < 1'000'000) return write_without_zeros<3>(out, value);
  if (value < 100'000'000) return write_without_zeros<4>(out, value);
  return write_long_uint64(out, value);
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

/// As write_double(), for most numbers that people write: those of at most three decimals. Null for the others and for
/// what is not finite. Needs room for 32 bytes.
inline char* write_short_double(char* out, double value) {
  const double magnitude = std::fabs(value);
  if (!(magnitude >= 1e-3 && magnitude < 1e11)) [[unlikely]]
    return nullptr;
  // With thousandths below 1e15 the decimal has at most 15 significant digits. Different decimals of that
  // length are different doubles, so if this one reads back as the value (the division is rounded
  // correctly), it is the shortest.
  const auto thousandths = static_cast<std::int64_t>(magnitude * 1000 + 0.5);
  if (static_cast<double>(thousandths) / 1000 != magnitude) return nullptr;
  *out = '-';
  out += value < 0 ? 1 : 0;
  const auto whole = static_cast<std::uint64_t>(thousandths) / 1000;
  const auto fraction = static_cast<std::uint32_t>(thousandths) - static_cast<std::uint32_t>(whole) * 1000;
  out = write_uint64(out, whole);
  *out++ = '.';
  write_3_digits(out, fraction);
  return out + (fraction % 10 != 0 ? 3 : fraction % 100 != 0 ? 2 : 1);
}

/// Writes the shortest decimal that reads back as `value`, in the form of Python's repr: plain (`3.0`,
/// `-0.0`, `0.1`) for magnitudes from 1e-4 to below 1e16, otherwise with an exponent (`1e+16`, `2.5e-07`).
/// Always valid JSON, and never the text of an integer. `value` must be finite. Needs room for 32 bytes.
inline char* write_double(char* out, double value) {
  if (char* const end = write_short_double(out, value)) [[likely]]
    return end;
  return write_shortest_double(out, value);
}

}  // namespace ctxlog::detail
