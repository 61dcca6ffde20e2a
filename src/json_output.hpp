// JSON text straight into a buffer: what all encoders of the JSON family are made of.
// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "ctxlog/value.hpp"
#include "text/escape.hpp"
#include "text/number.hpp"

namespace ctxlog::detail {

// Appends to the buffer; what was written becomes visible there with finish() or the destructor.
class json_output {
 public:
  explicit json_output(fmt::memory_buffer& buffer) : buffer_(buffer) { adopt(buffer.size()); }
  json_output(const json_output&) = delete;
  json_output& operator=(const json_output&) = delete;
  ~json_output() { finish(); }

  // Within the capacity, so that it cannot throw.
  void finish() noexcept { buffer_.resize(static_cast<std::size_t>(next_ - buffer_.data())); }

  // Text that is JSON already.
  void raw(std::string_view text) {
    reserve(text.size());
    std::memcpy(next_, text.data(), text.size());
    next_ += text.size();
  }

  // What `write(char*)` writes, at most `room` bytes; it returns the end.
  template <class Write>
  void written(std::size_t room, Write write) {
    reserve(room);
    next_ = write(next_);
  }

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
  void adopt(std::size_t used) {
    next_ = buffer_.data() + used;
    end_ = buffer_.data() + buffer_.capacity();
  }
  void reserve(std::size_t n) {
    if (static_cast<std::size_t>(end_ - next_) < n) [[unlikely]]
      grow(n);
  }
  void grow(std::size_t n);
  void cut_string(std::string_view text);
  void not_finite(double d);
  void composite(const ctxlog::value& v, std::size_t depth);

  fmt::memory_buffer& buffer_;
  char* next_ = nullptr;
  char* end_ = nullptr;
};

}  // namespace ctxlog::detail
