// Untrusted text and values straight into a buffer that a terminal will show.
// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <string_view>

#include "ctxlog/value.hpp"
#include "json_output.hpp"
#include "shortened_text.hpp"
#include "text/escape.hpp"
#include "text/number.hpp"
#include "text_output.hpp"
#include "value_text.hpp"

namespace ctxlog::detail {

// Only raw() can write a control character.
class terminal_output : public text_output {
 public:
  using text_output::text_output;

  // On one line, cut at limits::string_bytes.
  void escaped(std::string_view text) {
    const shortened_text shown = shorten(text);
    written(escaped_capacity(shown.kept.size()),
            [&](char* p) { return write_terminal_escaped(p, shown.kept, false); });
    raw(shown.mark);
  }

  // As part of a sentence.
  void text(const ctxlog::value& v) {
    if (v.kind() == value_kind::string) return escaped(v.string());
    through([&](fmt::memory_buffer& buffer) { append_text(buffer, v); });
  }

  // So that it ends where it seems to end: in quotation marks when it is not a single word.
  void word(std::string_view text) {
    if (text.size() <= limits::string_bytes && bare_value(text)) return raw(text);
    through([&](fmt::memory_buffer& buffer) { json_output(buffer).string(text); });
  }

  // As word(), and so that its type can be seen: 3 is an integer, 3.0 is none, "3" is a string.
  void typed(const ctxlog::value& v) {
    if (v.kind() == value_kind::string) return word(v.string());
    if (v.kind() == value_kind::real && std::isfinite(v.real()))
      return written(32, [&](char* p) { return write_double(p, v.real()); });
    text(v);
  }
};

}  // namespace ctxlog::detail
