// JSON text straight into a buffer: what all encoders of the JSON family are made of.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "ctxlog/value.hpp"
#include "text/escape.hpp"
#include "text/number.hpp"
#include "text_output.hpp"

namespace ctxlog::detail {

class json_output : public text_output {
 public:
  using text_output::text_output;

  // A string with its quotation marks, cut at limits::string_bytes.
  void string(std::string_view text) {
    if (text.size() > limits::string_bytes) [[unlikely]]
      return cut_string(text);
    reserve(escaped_capacity(text.size()) + 2);
    next_ = write_quoted(next_, text);
  }

  // A member that is a string; `opening` is `,"key":`.
  void string_member(std::string_view opening, std::string_view text) {
    if (text.size() > limits::string_bytes) [[unlikely]] {
      raw(opening);
      return cut_string(text);
    }
    reserve(opening.size() + escaped_capacity(text.size()) + 2);
    next_ = write_quoted(put(next_, opening), text);
  }

  // A member; its opening, `,"key":`, is the first `size` bytes of a text that is copied whole.
  template <std::size_t Room>
  void member(const std::array<char, Room>& opening, std::size_t size, const ctxlog::value& v) {
    reserve(Room + scalar_room);
    char* const p = next_;
    std::memcpy(p, opening.data(), Room);
    write_value(p + size, v);
  }

  // `,"key":`
  void next_member(std::string_view key) {
    reserve(escaped_capacity(key.size()) + 4);
    *next_++ = ',';
    *next_++ = '"';
    next_ = write_json_escaped(next_, key);
    *next_++ = '"';
    *next_++ = ':';
  }

  void integer(std::int64_t i) {
    reserve(24);
    next_ = write_int64(next_, i);
  }
  void unsigned_integer(std::uint64_t u) {
    reserve(24);
    next_ = write_uint64(next_, u);
  }
  // NaN and the infinities, which JSON lacks, as the strings "NaN", "Infinity" and "-Infinity" (as OTLP/JSON
  // has them).
  void real(double d) {
    reserve(scalar_room);
    write_real(next_, d);
  }
  // RFC 3339, UTC, microseconds, with its quotation marks.
  void time(std::int64_t unix_nanoseconds);

  // A duration is a number of seconds.
  void value(const ctxlog::value& v) {
    reserve(scalar_room);
    write_value(next_, v);
  }

 private:
  static constexpr std::size_t scalar_room = 40;

  // Goes on at `p`, where there is room for a scalar.
  void write_value(char* p, const ctxlog::value& v) {
    switch (v.kind()) {
      case value_kind::string:
        next_ = p;
        return string(v.string());
      case value_kind::integer:
        next_ = write_int64(p, v.integer());
        return;
      case value_kind::unsigned_integer:
        next_ = write_uint64(p, v.unsigned_integer());
        return;
      case value_kind::boolean:
        next_ = write_boolean(p, v.boolean());
        return;
      case value_kind::real:
        return write_real(p, v.real());
      default:
        next_ = p;
        return composite(v, 0);
    }
  }

  void write_real(char* p, double d) {
    if (char* const end = write_short_double(p, d)) [[likely]] {
      next_ = end;
    } else if (d - d == 0) {
      next_ = write_shortest_double(p, d);
    } else {
      next_ = p;
      not_finite(d);
    }
  }

  // Without a branch, which would be guessed wrong half of the time.
  static char* write_boolean(char* out, bool b) {
    static constexpr std::array<char, 8> words[2] = {{'f', 'a', 'l', 's', 'e'}, {'t', 'r', 'u', 'e'}};
    const auto truth = static_cast<std::size_t>(b);
    std::memcpy(out, words[truth].data(), words[truth].size());
    return out + 5 - truth;
  }

  static char* write_quoted(char* out, std::string_view text) {
    *out++ = '"';
    out = write_json_escaped(out, text);
    *out++ = '"';
    return out;
  }

  void cut_string(std::string_view text);
  void not_finite(double d);
  void composite(const ctxlog::value& v, std::size_t depth);
};

}  // namespace ctxlog::detail
