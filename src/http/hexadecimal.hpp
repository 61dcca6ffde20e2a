// Bytes as lower-case hexadecimal digits, two at a time.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace ctxlog::http::detail {

inline constexpr auto hexadecimal_pairs = [] {
  constexpr std::string_view digits = "0123456789abcdef";
  std::array<std::array<char, 2>, 256> pairs{};
  for (std::size_t byte = 0; byte != pairs.size(); ++byte)
    pairs[byte] = {digits[byte / 16], digits[byte % 16]};
  return pairs;
}();

// The low `bytes` bytes of `bits`, the most significant first.
inline char* write_hexadecimal(char* out, std::uint64_t bits, int bytes) noexcept {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8, out += 2)
    std::memcpy(out, hexadecimal_pairs[(bits >> shift) & 0xff].data(), 2);
  return out;
}

}  // namespace ctxlog::http::detail
