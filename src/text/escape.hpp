// Escaping of untrusted text, for the inside of a JSON string and for a terminal.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "text/utf8.hpp"

// SSE2 belongs to every x86-64; other machines take eight bytes at a time without it.
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace ctxlog::detail {

/// Which characters are escaped besides the unsafe ones (see `is_unsafe`): `json` adds the quotation mark and
/// the backslash, `bare` adds none.
enum class escape_set { json, bare };

// An ASCII character as it is written: itself, `\n` or `\u001b`. Eight bytes, to be copied in one go.
struct ascii_form {
  std::array<char, 7> text;
  std::uint8_t size;
};

template <escape_set Set>
inline constexpr auto ascii_forms = [] {
  std::array<ascii_form, 128> table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    table[i] = {{static_cast<char>(i)}, 1};
    if (i < ' ' || i == 0x7F)
      table[i] = {{'\\', 'u', '0', '0', static_cast<char>('0' + i / 16), "0123456789abcdef"[i % 16]}, 6};
  }
  const auto set_short = [&table](char character, char letter) {
    table[static_cast<unsigned char>(character)] = {{'\\', letter}, 2};
  };
  set_short('\n', 'n');
  set_short('\t', 't');
  set_short('\r', 'r');
  set_short('\b', 'b');
  set_short('\f', 'f');
  if (Set == escape_set::json) {
    set_short('"', '"');
    set_short('\\', '\\');
  }
  return table;
}();

/// Eight bytes of text in one word, looked at all together.
struct word_block {
  static constexpr std::size_t size = 8;
  std::uint64_t bytes;

  static word_block load(const char* in) {
    word_block block;
    std::memcpy(&block.bytes, in, size);
    return block;
  }

  /// `count` bytes, fewer than `size`, then spaces.
  static word_block load_tail(const char* in, std::size_t count) {
    word_block block{repeat(' ')};
    std::memcpy(&block.bytes, in, count);
    return block;
  }

  /// Copies `count` bytes, 1 to `size` - 1; whether none of them is dirty.
  template <escape_set Set>
  static bool copy_short(char* out, const char* in, std::size_t count) {
    const word_block block = load_tail(in, count);
    block.store(out);
    return block.dirty<Set>() == 0;
  }

  void store(char* out) const { std::memcpy(out, &bytes, size); }

  /// Marks the bytes that are not ASCII or are to be escaped; zero if there is none.
  template <escape_set Set>
  [[nodiscard]] std::uint64_t dirty() const {
    // On the low seven bits of each byte no addition below carries into the next byte: bit 7 is the answer.
    const std::uint64_t low = bytes & repeat(0x7F);
    std::uint64_t marks = bytes | ~(low + repeat(0x80 - ' ')) | (low + repeat(0x01));
    if constexpr (Set == escape_set::json) marks |= equal('"') | equal('\\');
    return marks & repeat(0x80);
  }

  /// Marks the bytes that are the ASCII character `c`.
  [[nodiscard]] std::uint64_t equal(char c) const {
    const std::uint64_t different = bytes ^ repeat(static_cast<unsigned char>(c));
    return ~(((different & repeat(0x7F)) + repeat(0x7F)) | different) & repeat(0x80);
  }

  /// Index of the first byte of `marks`, which must not be zero.
  static unsigned first(std::uint64_t marks) {
    const int zeros =
        std::endian::native == std::endian::little ? std::countr_zero(marks) : std::countl_zero(marks);
    return static_cast<unsigned>(zeros) / 8;
  }

  /// Those of `marks` from byte `from` on, which is less than `size`.
  static std::uint64_t marks_from(std::uint64_t marks, unsigned from) {
    const std::uint64_t all = ~std::uint64_t{0};
    return marks & (std::endian::native == std::endian::little ? all << 8 * from : all >> 8 * from);
  }

 private:
  static constexpr std::uint64_t repeat(unsigned byte) { return 0x0101010101010101U * byte; }
};

#if defined(__SSE2__)
/// Sixteen bytes of text in one register; the same interface as `word_block`.
struct sse2_block {
  static constexpr std::size_t size = 16;
  __m128i bytes;

  static sse2_block load(const char* in) { return {_mm_loadu_si128(reinterpret_cast<const __m128i*>(in))}; }

  static sse2_block load_tail(const char* in, std::size_t count) {
    constexpr std::uint64_t spaces = 0x2020202020202020U;
    std::uint64_t low = spaces;
    std::uint64_t high = spaces;
    // Two loads that overlap cover any count without a call of memcpy; the bytes read twice agree where they
    // overlap.
    if (count > 8) {
      low = read<std::uint64_t>(in);
      high = read<std::uint64_t>(in + count - 8) >> 8 * (16 - count) | spaces << 8 * (count - 8);
    } else if (count == 8) {
      low = read<std::uint64_t>(in);
    } else if (count >= 4) {
      low = std::uint64_t{read<std::uint32_t>(in)} |
            std::uint64_t{read<std::uint32_t>(in + count - 4)} << 8 * (count - 4) | spaces << 8 * count;
    } else {
      const auto byte_at = [in](std::size_t i) {
        return std::uint64_t{static_cast<unsigned char>(in[i])} << 8 * i;
      };
      low = byte_at(0) | byte_at(count / 2) | byte_at(count - 1) | spaces << 8 * count;
    }
    return {_mm_set_epi64x(static_cast<long long>(high), static_cast<long long>(low))};
  }

  template <escape_set Set>
  static bool copy_short(char* out, const char* in, std::size_t count) {
    // Two halves that overlap cover any count: what is copied twice is the same.
    if (count >= 8) {
      const auto* const low = reinterpret_cast<const __m128i*>(in);
      const auto* const high = reinterpret_cast<const __m128i*>(in + count - 8);
      const __m128i halves[] = {_mm_loadl_epi64(low), _mm_loadl_epi64(high)};
      _mm_storel_epi64(reinterpret_cast<__m128i*>(out), halves[0]);
      _mm_storel_epi64(reinterpret_cast<__m128i*>(out + count - 8), halves[1]);
      return sse2_block{_mm_unpacklo_epi64(halves[0], halves[1])}.dirty<Set>() == 0;
    }
    const sse2_block block = load_tail(in, count);
    _mm_storel_epi64(reinterpret_cast<__m128i*>(out), block.bytes);
    return block.dirty<Set>() == 0;
  }

  void store(char* out) const { _mm_storeu_si128(reinterpret_cast<__m128i*>(out), bytes); }

  template <escape_set Set>
  [[nodiscard]] unsigned dirty() const {
    // As signed numbers plus one, the bytes ' ' to '~' are those above ' ': DEL and everything from 0x80 on
    // is negative or wraps to zero.
    __m128i clean = _mm_cmpgt_epi8(_mm_add_epi8(bytes, _mm_set1_epi8(1)), _mm_set1_epi8(' '));
    if constexpr (Set == escape_set::json) {
      const __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
      const __m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
      clean = _mm_andnot_si128(_mm_or_si128(quote, backslash), clean);
    }
    return static_cast<unsigned>(_mm_movemask_epi8(clean)) ^ 0xFFFFU;
  }

  [[nodiscard]] unsigned equal(char c) const {
    return static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(c))));
  }

  static unsigned first(unsigned marks) { return static_cast<unsigned>(std::countr_zero(marks)); }

  static unsigned marks_from(unsigned marks, unsigned from) { return marks & 0xFFFFU << from; }

 private:
  template <class Word>
  static Word read(const char* in) {
    Word word;
    std::memcpy(&word, in, sizeof word);
    return word;
  }
};

using text_block = sse2_block;
#else
using text_block = word_block;
#endif

/// Where reading and writing go on.
struct escape_position {
  const char* in;
  char* out;
};

/// Copies the character at `at.in`, whose first byte is 0x80 or above, escaping what is unsafe and replacing
/// what is not UTF-8.
escape_position escape_non_ascii(escape_position at, const char* last);

// Reading and writing go on in two variables and no struct: compilers put a pair of pointers into one vector
// register, and the way back costs more than an escape.

/// Writes the character at `in`.
template <escape_set Set>
[[gnu::always_inline]] inline void write_character(const char*& in, char*& out, const char* last) {
  if (const auto byte = static_cast<unsigned char>(*in); byte < 0x80) [[likely]] {
    const ascii_form& form = ascii_forms<Set>[byte];
    std::memcpy(out, &form, sizeof form);
    out += form.size;
    ++in;
  } else if (const unsigned size = safe_utf8(in, last); size != 0) {
    std::memcpy(out, in, 4);
    in += size;
    out += size;
  } else {
    const escape_position after = escape_non_ascii({in, out}, last);
    in = after.in;
    out = after.out;
  }
}

/// Escapes the block at `in`, which stands at `out` already and of which `marks` are the dirty bytes, and the
/// end of a character that reaches beyond it. Another block can be read behind it.
template <escape_set Set, class Block, class Marks>
[[gnu::always_inline]] inline void escape_block(const char*& in, char*& out, Marks marks, const char* last) {
  const char* const first = in;
  const char* const end = in + Block::size;
  while (marks != 0) {
    const char* const dirty = first + Block::first(marks);
    out += dirty - in;
    in = dirty;
    do write_character<Set>(in, out, last);
    while (in < end && static_cast<unsigned char>(*in) >= 0x80);
    if (in >= end) return;
    Block::load(in).store(out);
    marks = Block::marks_from(marks, static_cast<unsigned>(in - first));
  }
  out += end - in;
  in = end;
}

/// `write_escaped` from the first dirty block on.
template <escape_set Set, class Block>
[[gnu::noinline]] char* write_escaped_dirty(char* out, const char* in, const char* last) {
  while (last - in >= std::ptrdiff_t{2 * Block::size}) {
    const Block block = Block::load(in);
    block.store(out);
    const auto marks = block.template dirty<Set>();
    if (marks != 0) {
      escape_block<Set, Block>(in, out, marks, last);
    } else {
      in += Block::size;
      out += Block::size;
    }
  }
  while (in != last) write_character<Set>(in, out, last);
  return out;
}

template <escape_set Set, class Block>
char* write_escaped(char* out, std::string_view text) {
  const char* in = text.data();
  const char* const last = in + text.size();
  if (text.size() < Block::size) {
    if (text.empty() || Block::template copy_short<Set>(out, in, text.size())) return out + text.size();
    return write_escaped_dirty<Set, Block>(out, in, last);
  }
  // The last block overlaps the one before it: what is copied twice is the same.
  for (; last - in > std::ptrdiff_t{Block::size}; in += Block::size, out += Block::size) {
    const Block block = Block::load(in);
    block.store(out);
    if (const auto marks = block.template dirty<Set>(); marks != 0) {
      const unsigned clean = Block::first(marks);
      return write_escaped_dirty<Set, Block>(out + clean, in + clean, last);
    }
  }
  char* const end = out + (last - in);
  const Block block = Block::load(last - Block::size);
  block.store(end - Block::size);
  return block.template dirty<Set>() == 0 ? end : write_escaped_dirty<Set, Block>(out, in, last);
}

/// Room that the escaped form of `size` bytes may need: six for one, and slack for whole stores.
constexpr std::size_t escaped_capacity(std::size_t size) { return 6 * size + 16; }

/// Writes the content of a JSON string, without the quotation marks, as one physical line of valid UTF-8 (RFC
/// 8259 section 7). Escaped are `"`, `\`, and every control, format and separator character, as `\n` or
/// `\u202e` (above U+FFFF as a surrogate pair); ill-formed UTF-8 becomes U+FFFD, one per maximal subpart.
/// Needs room for `escaped_capacity(text.size())` bytes and may write all over it; reads nothing outside
/// `text`.
inline char* write_json_escaped(char* out, std::string_view text) {
  return write_escaped<escape_set::json, text_block>(out, text);
}

/// Writes text that a terminal shows and never obeys: no byte below 0x20, no DEL, C1, format or separator
/// character is left raw, so it can neither begin a line nor an escape sequence. `quoted` is for the inside
/// of quotation marks and gives the same as `write_json_escaped`; otherwise `"` and `\` stand as they are.
/// Room as for `write_json_escaped`.
char* write_terminal_escaped(char* out, std::string_view text, bool quoted);

/// Whether a string may stand after `key=` without quotation marks: not empty, printable, without any space,
/// `=`, `"` or `\`, and not readable as a value of another type (a number in any notation of std::from_chars,
/// `true`, `false`, `null`, or the start of an array or object).
bool bare_value(std::string_view text);

}  // namespace ctxlog::detail
