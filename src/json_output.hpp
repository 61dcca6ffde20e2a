// JSON text straight into a buffer: what all encoders of the JSON family are made of.
// SPDX-License-Identifier: MIT
#pragma once

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
    *next_++ = '"';
    next_ = write_json_escaped(next_, text);
    *next_++ = '"';
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
  void cut_string(std::string_view text);
  void not_finite(double d);
  void composite(const ctxlog::value& v, std::size_t depth);
};

}  // namespace ctxlog::detail
