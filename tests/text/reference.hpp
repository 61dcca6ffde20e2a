// Slow and obvious counterparts of the text primitives, written from the standards alone.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace reference {

/// Every code point of general category Cc, Cf, Zl or Zp, one by one, as listed by ICU (Unicode 17).
inline const std::vector<char32_t>& unsafe_code_points() {
  static const std::vector<char32_t> list{
      0x0,     0x1,     0x2,     0x3,     0x4,     0x5,     0x6,     0x7,     0x8,     0x9,     0xa,
      0xb,     0xc,     0xd,     0xe,     0xf,     0x10,    0x11,    0x12,    0x13,    0x14,    0x15,
      0x16,    0x17,    0x18,    0x19,    0x1a,    0x1b,    0x1c,    0x1d,    0x1e,    0x1f,    0x7f,
      0x80,    0x81,    0x82,    0x83,    0x84,    0x85,    0x86,    0x87,    0x88,    0x89,    0x8a,
      0x8b,    0x8c,    0x8d,    0x8e,    0x8f,    0x90,    0x91,    0x92,    0x93,    0x94,    0x95,
      0x96,    0x97,    0x98,    0x99,    0x9a,    0x9b,    0x9c,    0x9d,    0x9e,    0x9f,    0xad,
      0x600,   0x601,   0x602,   0x603,   0x604,   0x605,   0x61c,   0x6dd,   0x70f,   0x890,   0x891,
      0x8e2,   0x180e,  0x200b,  0x200c,  0x200d,  0x200e,  0x200f,  0x2028,  0x2029,  0x202a,  0x202b,
      0x202c,  0x202d,  0x202e,  0x2060,  0x2061,  0x2062,  0x2063,  0x2064,  0x2066,  0x2067,  0x2068,
      0x2069,  0x206a,  0x206b,  0x206c,  0x206d,  0x206e,  0x206f,  0xfeff,  0xfff9,  0xfffa,  0xfffb,
      0x110bd, 0x110cd, 0x13430, 0x13431, 0x13432, 0x13433, 0x13434, 0x13435, 0x13436, 0x13437, 0x13438,
      0x13439, 0x1343a, 0x1343b, 0x1343c, 0x1343d, 0x1343e, 0x1343f, 0x1bca0, 0x1bca1, 0x1bca2, 0x1bca3,
      0x1d173, 0x1d174, 0x1d175, 0x1d176, 0x1d177, 0x1d178, 0x1d179, 0x1d17a, 0xe0001, 0xe0020, 0xe0021,
      0xe0022, 0xe0023, 0xe0024, 0xe0025, 0xe0026, 0xe0027, 0xe0028, 0xe0029, 0xe002a, 0xe002b, 0xe002c,
      0xe002d, 0xe002e, 0xe002f, 0xe0030, 0xe0031, 0xe0032, 0xe0033, 0xe0034, 0xe0035, 0xe0036, 0xe0037,
      0xe0038, 0xe0039, 0xe003a, 0xe003b, 0xe003c, 0xe003d, 0xe003e, 0xe003f, 0xe0040, 0xe0041, 0xe0042,
      0xe0043, 0xe0044, 0xe0045, 0xe0046, 0xe0047, 0xe0048, 0xe0049, 0xe004a, 0xe004b, 0xe004c, 0xe004d,
      0xe004e, 0xe004f, 0xe0050, 0xe0051, 0xe0052, 0xe0053, 0xe0054, 0xe0055, 0xe0056, 0xe0057, 0xe0058,
      0xe0059, 0xe005a, 0xe005b, 0xe005c, 0xe005d, 0xe005e, 0xe005f, 0xe0060, 0xe0061, 0xe0062, 0xe0063,
      0xe0064, 0xe0065, 0xe0066, 0xe0067, 0xe0068, 0xe0069, 0xe006a, 0xe006b, 0xe006c, 0xe006d, 0xe006e,
      0xe006f, 0xe0070, 0xe0071, 0xe0072, 0xe0073, 0xe0074, 0xe0075, 0xe0076, 0xe0077, 0xe0078, 0xe0079,
      0xe007a, 0xe007b, 0xe007c, 0xe007d, 0xe007e, 0xe007f};
  return list;
}

inline bool is_unsafe(char32_t code_point) {
  static const std::vector<bool> flags = [] {
    std::vector<bool> result(0x110000, false);
    for (const char32_t unsafe : unsafe_code_points()) result[unsafe] = true;
    return result;
  }();
  return flags[code_point];
}

/// Whether `bytes` can be completed to one well-formed sequence (or is one): the code points that its free
/// bits still allow must hold one that is not overlong, not a surrogate and not above U+10FFFF.
inline bool begins_a_sequence(std::string_view bytes) {
  const auto lead = static_cast<unsigned char>(bytes[0]);
  std::size_t length = 0;
  if (lead < 0x80) length = 1;
  if (lead >= 0xC0 && lead < 0xE0) length = 2;
  if (lead >= 0xE0 && lead < 0xF0) length = 3;
  if (lead >= 0xF0 && lead < 0xF8) length = 4;
  if (bytes.size() > length) return false;
  std::uint32_t lowest = length == 1 ? lead : lead & (0xFFU >> (length + 1));
  std::uint32_t highest = lowest;
  for (std::size_t i = 1; i < length; ++i) {
    const bool given = i < bytes.size();
    const unsigned byte = given ? static_cast<unsigned char>(bytes[i]) : 0;
    if (given && (byte < 0x80 || byte > 0xBF)) return false;
    lowest = lowest << 6 | (given ? byte - 0x80 : 0);
    highest = highest << 6 | (given ? byte - 0x80 : 0x3F);
  }
  constexpr std::array<std::uint32_t, 5> shortest{0, 0, 0x80, 0x800, 0x10000};
  lowest = std::max(lowest, shortest[length]);
  highest = std::min<std::uint32_t>(highest, 0x10FFFF);
  return lowest <= highest && (lowest < 0xD800 || highest > 0xDFFF);
}

inline std::size_t sequence_length(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  return byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

/// Decodes with one U+FFFD for each maximal subpart of ill-formed bytes.
inline std::u32string decode(std::string_view text) {
  std::u32string result;
  while (!text.empty()) {
    std::size_t taken = 0;
    while (taken < text.size() && begins_a_sequence(text.substr(0, taken + 1))) ++taken;
    if (taken == 0 || taken != sequence_length(text[0])) {
      result += U'\uFFFD';
      text.remove_prefix(taken == 0 ? 1 : taken);
      continue;
    }
    std::uint32_t code_point = static_cast<unsigned char>(text[0]);
    if (taken > 1) code_point &= 0xFFU >> (taken + 1);
    for (std::size_t i = 1; i < taken; ++i)
      code_point = code_point * 64 + static_cast<unsigned char>(text[i]) - 0x80;
    result += static_cast<char32_t>(code_point);
    text.remove_prefix(taken);
  }
  return result;
}

/// Encodes scalar values.
inline std::string encode(std::u32string_view text) {
  std::string result;
  const auto put = [&result](std::uint32_t byte) { result += static_cast<char>(byte); };
  for (const char32_t c : text) {
    const std::uint32_t v = c;
    if (v < 0x80) {
      put(v);
    } else if (v < 0x800) {
      put(0xC0 + v / 64);
      put(0x80 + v % 64);
    } else if (v < 0x10000) {
      put(0xE0 + v / 4096);
      put(0x80 + v / 64 % 64);
      put(0x80 + v % 64);
    } else {
      put(0xF0 + v / 262144);
      put(0x80 + v / 4096 % 64);
      put(0x80 + v / 64 % 64);
      put(0x80 + v % 64);
    }
  }
  return result;
}

inline std::string u_escape(std::uint32_t unit) {
  std::string result = "\\u0000";
  for (std::size_t i = 5; i > 1; --i, unit /= 16) result[i] = "0123456789abcdef"[unit % 16];
  return result;
}

/// The escaped form of a text; `quotes` says whether the quotation mark and the backslash are escaped too.
inline std::string escape(std::string_view text, bool quotes) {
  std::string result;
  for (const char32_t c : decode(text)) {
    switch (c) {
      case U'\n':
        result += "\\n";
        continue;
      case U'\t':
        result += "\\t";
        continue;
      case U'\r':
        result += "\\r";
        continue;
      case U'\b':
        result += "\\b";
        continue;
      case U'\f':
        result += "\\f";
        continue;
      case U'"':
        result += quotes ? "\\\"" : "\"";
        continue;
      case U'\\':
        result += quotes ? "\\\\" : "\\";
        continue;
      default:
        break;
    }
    if (!is_unsafe(c)) {
      result += encode({&c, 1});
    } else if (c < 0x10000) {
      result += u_escape(c);
    } else {
      result += u_escape(0xD800 + (c - 0x10000) / 1024) + u_escape(0xDC00 + (c - 0x10000) % 1024);
    }
  }
  return result;
}

/// Random texts of every kind that hurts: ASCII with an occasional escape, valid UTF-8, broken UTF-8, noise.
class hostile_texts {
 public:
  explicit hostile_texts(std::uint32_t seed) : random_(seed) {}

  std::string next() {
    const std::size_t length = below(below(8) == 0 ? 600 : 70);
    std::string text;
    switch (below(4)) {
      case 0:
        while (text.size() < length) text += static_cast<char>(below(12) == 0 ? below(128) : ' ' + below(95));
        break;
      case 1:
        while (text.size() < length) text += encode(code_point());
        break;
      case 2:
        while (text.size() < length) text += encode(code_point());
        for (std::size_t i = 0; i < 1 + text.size() / 20 && !text.empty(); ++i) {
          if (below(2) == 0) text[below(text.size())] = static_cast<char>(below(256));
          if (below(2) == 0) text.erase(below(text.size()), 1);
        }
        break;
      default:
        while (text.size() < length) text += static_cast<char>(below(256));
    }
    return text;
  }

 private:
  std::size_t below(std::size_t limit) { return random_() % limit; }

  std::u32string code_point() {
    if (below(6) == 0) return {unsafe_code_points()[below(unsafe_code_points().size())]};
    constexpr std::array<std::size_t, 5> limits{0x80, 0x800, 0x3000, 0x10000, 0x110000};
    const auto c = static_cast<char32_t>(below(limits[below(limits.size())]));
    return {c >= 0xD800 && c <= 0xDFFF ? U'x' : c};
  }

  std::mt19937 random_;
};

/// Memory with an inaccessible page before and behind it: the smallest step outside kills the test.
class guarded_memory {
 public:
  explicit guarded_memory(std::size_t size)
      : page_(static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))), size_((size + page_ - 1) / page_ * page_) {
    void* const memory = ::mmap(nullptr, size_ + 2 * page_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::runtime_error("mmap failed");
    base_ = static_cast<char*>(memory);
    if (::mprotect(begin(), size_, PROT_READ | PROT_WRITE) != 0) throw std::runtime_error("mprotect failed");
  }
  guarded_memory(const guarded_memory&) = delete;
  guarded_memory& operator=(const guarded_memory&) = delete;
  ~guarded_memory() { ::munmap(base_, size_ + 2 * page_); }

  [[nodiscard]] char* begin() const { return base_ + page_; }
  [[nodiscard]] char* end() const { return begin() + size_; }

 private:
  std::size_t page_;
  std::size_t size_;
  char* base_ = nullptr;
};

}  // namespace reference
