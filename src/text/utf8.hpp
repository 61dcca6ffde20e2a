// Reading UTF-8 that may be broken or hostile: decode, validate, cut, and tell what must not be shown raw.
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ctxlog::detail {

inline constexpr char32_t replacement_character = 0xFFFD;

/// An inclusive range of code points.
struct code_point_range {
  char32_t first;
  char32_t last;
};

// General categories Cc, Cf, Zl and Zp of Unicode 15 (unchanged in Unicode 17).
inline constexpr auto unsafe_ranges = std::to_array<code_point_range>(
    {{0x0000, 0x001f},   {0x007f, 0x009f},   {0x00ad, 0x00ad},   {0x0600, 0x0605},   {0x061c, 0x061c},
     {0x06dd, 0x06dd},   {0x070f, 0x070f},   {0x0890, 0x0891},   {0x08e2, 0x08e2},   {0x180e, 0x180e},
     {0x200b, 0x200f},   {0x2028, 0x202e},   {0x2060, 0x2064},   {0x2066, 0x206f},   {0xfeff, 0xfeff},
     {0xfff9, 0xfffb},   {0x110bd, 0x110bd}, {0x110cd, 0x110cd}, {0x13430, 0x1343f}, {0x1bca0, 0x1bca3},
     {0x1d173, 0x1d17a}, {0xe0001, 0xe0001}, {0xe0020, 0xe007f}});

// One bit per code point in pages of 64, as many as the last byte of a sequence tells apart. Page 0 is the one
// without any bit.
struct unsafe_bits {
  std::array<std::uint8_t, 0x110000 / 64> page_of{};
  std::array<std::uint64_t, 32> pages{};
};

inline constexpr auto unsafe_table = [] {
  unsafe_bits table;
  std::uint8_t used = 0;
  for (const auto& range : unsafe_ranges) {
    for (char32_t c = range.first; c <= range.last; ++c) {
      std::uint8_t& page = table.page_of[c / 64];
      if (page == 0) page = ++used;
      table.pages[page] |= std::uint64_t{1} << c % 64;
    }
  }
  return table;
}();

/// Whether a character can steer a terminal, start a line, or reorder or hide text: control, format, line and
/// paragraph separator (general categories Cc, Cf, Zl, Zp). `code_point` must not exceed 0x10FFFF.
constexpr bool is_unsafe(char32_t code_point) {
  return (unsafe_table.pages[unsafe_table.page_of[code_point / 64]] >> code_point % 64 & 1) != 0;
}

/// One step through UTF-8 text.
struct decoded {
  char32_t code_point;  ///< U+FFFD where the bytes are not well formed
  unsigned size;        ///< bytes taken, 1 to 4
  bool valid;
};

/// Decodes the sequence at `first`, which must be before `last`; reads nothing else. Ill-formed bytes are
/// taken as the "maximal subpart" of the Unicode Standard (section 3.9), one U+FFFD each, as Python and web
/// browsers do.
constexpr decoded decode_utf8(const char* first, const char* last) {
  const auto byte = [first](unsigned i) { return static_cast<unsigned char>(first[i]); };
  const auto is_between = [=](unsigned i, unsigned low, unsigned high) {
    return last - first > i && byte(i) >= low && byte(i) <= high;
  };
  const auto bits = [byte](unsigned i) { return char32_t{byte(i)} & 0x3FU; };
  const auto ill_formed = [](unsigned size) { return decoded{replacement_character, size, false}; };

  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  if (lead < 0xC2 || lead > 0xF4) return ill_formed(1);
  if (lead < 0xE0) {
    if (!is_between(1, 0x80, 0xBF)) return ill_formed(1);
    return {(lead & 0x1FU) << 6 | bits(1), 2, true};
  }
  // The second byte is narrower after some leads: no overlong forms, no surrogates, nothing above U+10FFFF.
  const unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (!is_between(1, low, high)) return ill_formed(1);
  if (!is_between(2, 0x80, 0xBF)) return ill_formed(2);
  if (lead < 0xF0) return {(lead & 0x0FU) << 12 | bits(1) << 6 | bits(2), 3, true};
  if (!is_between(3, 0x80, 0xBF)) return ill_formed(3);
  return {(lead & 0x07U) << 18 | bits(1) << 12 | bits(2) << 6 | bits(3), 4, true};
}

/// Size, 2 to 4, of the character at `first`, before `last`, if it is well-formed, not ASCII and safe; else 0.
/// A character in the last three bytes may also give 0.
[[gnu::always_inline]] inline unsigned safe_utf8(const char* first, const char* last) {
  if (last - first < 4) return 0;
  const auto byte = [first](unsigned i) { return static_cast<unsigned char>(first[i]); };
  const auto bits = [byte](unsigned i) { return char32_t{byte(i)} & 0x3FU; };
  const auto continues = [byte](unsigned i) { return (byte(i) & 0xC0U) == 0x80; };
  const unsigned char lead = byte(0);
  if (lead < 0xC2 || lead > 0xF4 || !continues(1)) return 0;
  if (lead < 0xE0) return is_unsafe((lead & 0x1FU) << 6 | bits(1)) ? 0 : 2;
  if (!continues(2)) return 0;
  if (lead < 0xF0) {
    const char32_t c = (lead & 0x0FU) << 12 | bits(1) << 6 | bits(2);
    return c < 0x800 || (c >= 0xD800 && c <= 0xDFFF) || is_unsafe(c) ? 0 : 3;
  }
  if (!continues(3)) return 0;
  const char32_t c = (lead & 0x07U) << 18 | bits(1) << 12 | bits(2) << 6 | bits(3);
  return c < 0x10000 || c > 0x10FFFF || is_unsafe(c) ? 0 : 4;
}

/// Writes a code point other than a surrogate as UTF-8: 1 to 4 bytes.
constexpr char* write_utf8(char* out, char32_t code_point) {
  const auto tail = [code_point](unsigned shift) {
    return static_cast<char>(0x80U | (code_point >> shift & 0x3FU));
  };
  if (code_point < 0x80) {
    *out++ = static_cast<char>(code_point);
    return out;
  }
  if (code_point < 0x800) {
    *out++ = static_cast<char>(0xC0U | code_point >> 6);
  } else {
    if (code_point < 0x10000) {
      *out++ = static_cast<char>(0xE0U | code_point >> 12);
    } else {
      *out++ = static_cast<char>(0xF0U | code_point >> 18);
      *out++ = tail(12);
    }
    *out++ = tail(6);
  }
  *out++ = tail(0);
  return out;
}

/// Whether `text` is well-formed UTF-8.
bool is_valid_utf8(std::string_view text);

/// The longest prefix of at most `max_bytes` that does not cut a code point. In text that is not UTF-8 a
/// stray sequence may be cut.
constexpr std::string_view truncate_utf8(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  const auto continues = [text](std::size_t i) {
    return (static_cast<unsigned char>(text[i]) & 0xC0U) == 0x80;
  };
  const std::size_t earliest = max_bytes - std::min<std::size_t>(max_bytes, 3);
  std::size_t cut = max_bytes;
  while (cut > earliest && continues(cut)) --cut;
  return text.substr(0, continues(cut) ? max_bytes : cut);
}

}  // namespace ctxlog::detail
