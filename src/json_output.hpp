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

  // Room for a value that is no array, object or string to be cut; 0 for those, and for what is rare.
  static std::size_t plain_room(const ctxlog::value& v) noexcept {
    switch (v.kind()) {
      case value_kind::string:
        return v.string().size() <= limits::string_bytes ? escaped_capacity(v.string().size()) + 2 : 0;
      case value_kind::integer:
      case value_kind::unsigned_integer:
      case value_kind::boolean:
        return 24;
      case value_kind::real:
        return v.real() - v.real() == 0 ? 40 : 0;
      default:
        return 0;
    }
  }
  // As many bytes are written for both: that is faster than to decide.
  static char* write_boolean(char* out, bool b) {
    static constexpr std::array<char, 5> words[2] = {{'f', 'a', 'l', 's', 'e'}, {'t', 'r', 'u', 'e'}};
    std::memcpy(out, words[b ? 1 : 0].data(), words[0].size());
    return out + (b ? 4 : 5);
  }
  // What value() writes, for a value with a `plain_room`, which is there.
  static char* write_plain(char* out, const ctxlog::value& v) {
    switch (v.kind()) {
      case value_kind::string:
        return write_quoted(out, v.string());
      case value_kind::integer:
        return write_int64(out, v.integer());
      case value_kind::unsigned_integer:
        return write_uint64(out, v.unsigned_integer());
      case value_kind::real:
        return write_double(out, v.real());
      default:
        return write_boolean(out, v.boolean());
    }
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
    if (d - d != 0) [[unlikely]]
      return not_finite(d);
    reserve(40);
    next_ = write_double(next_, d);
  }
  // RFC 3339, UTC, microseconds, with its quotation marks.
  void time(std::int64_t unix_nanoseconds);

  // A duration is a number of seconds.
  void value(const ctxlog::value& v) {
    switch (v.kind()) {
      case value_kind::string:
        return string(v.string());
      case value_kind::integer:
        return integer(v.integer());
      case value_kind::unsigned_integer:
        return unsigned_integer(v.unsigned_integer());
      case value_kind::real:
        return real(v.real());
      case value_kind::boolean:
        return raw(v.boolean() ? "true" : "false");
      default:
        return composite(v, 0);
    }
  }

 private:
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
