// The parts of escaping that most text never meets: beyond ASCII, and the terminal.
// SPDX-License-Identifier: MIT
#include "text/escape.hpp"

#include <charconv>

#include "text/utf8.hpp"

namespace ctxlog::detail {
namespace {

char* write_utf16_escape(char* out, char32_t unit) {
  constexpr std::string_view hex_digits = "0123456789abcdef";
  *out++ = '\\';
  *out++ = 'u';
  for (unsigned shift = 16; shift != 0;) *out++ = hex_digits[unit >> (shift -= 4) & 0xFU];
  return out;
}

char* write_unicode_escape(char* out, char32_t code_point) {
  if (code_point < 0x10000) return write_utf16_escape(out, code_point);
  out = write_utf16_escape(out, 0xD7C0 + (code_point >> 10));
  return write_utf16_escape(out, 0xDC00 | (code_point & 0x3FFU));
}

// General category Zs: gaps on the screen that are not the space bar's.
constexpr bool is_space(char32_t code_point) {
  return code_point == ' ' || code_point == 0xA0 || code_point == 0x1680 ||
         (code_point >= 0x2000 && code_point <= 0x200A) || code_point == 0x202F || code_point == 0x205F ||
         code_point == 0x3000;
}

bool is_printable_word(std::string_view text) {
  const char* const last = text.data() + text.size();
  for (const char* in = text.data(); in != last;) {
    const decoded step = decode_utf8(in, last);
    if (!step.valid || is_unsafe(step.code_point) || is_space(step.code_point)) return false;
    in += step.size;
  }
  return true;
}

bool reads_as_number(std::string_view text) {
  if (text.front() == '+') text.remove_prefix(1);
  double value;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error != std::errc::invalid_argument && end == text.data() + text.size();
}

}  // namespace

escape_position escape_non_ascii(escape_position at, const char* last) {
  const decoded step = decode_utf8(at.in, last);
  at.out = is_unsafe(step.code_point) ? write_unicode_escape(at.out, step.code_point)
                                      : write_utf8(at.out, step.code_point);
  at.in += step.size;
  return at;
}

char* write_terminal_escaped(char* out, std::string_view text, bool quoted) {
  return quoted ? write_json_escaped(out, text) : write_escaped<escape_set::bare, text_block>(out, text);
}

bool bare_value(std::string_view text) {
  if (text.empty() || text.find_first_of(" =\"\\") != std::string_view::npos || !is_printable_word(text))
    return false;
  if (text == "true" || text == "false" || text == "null" || text.front() == '[' || text.front() == '{')
    return false;
  return !reads_as_number(text);
}

}  // namespace ctxlog::detail
