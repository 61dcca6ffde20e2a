// The less frequent parts of JSON output: growth, cuts, nested values.
// SPDX-License-Identifier: MIT
#include "json_output.hpp"

#include <string>

#include "ctxlog/field.hpp"
#include "shortened_text.hpp"
#include "text/time.hpp"

namespace ctxlog::detail {

void json_output::cut_string(std::string_view text) {
  const shortened_text shown = shorten(text);
  string(shown.kept);
  --next_;  // the mark stands inside the quotation marks
  raw(shown.mark);
  raw('"');
}

void json_output::not_finite(double d) {
  if (d != d)
    raw("\"NaN\"");
  else
    raw(d > 0 ? "\"Infinity\"" : "\"-Infinity\"");
}

void json_output::time(std::int64_t unix_nanoseconds) {
  reserve(32);
  *next_++ = '"';
  next_ = write_rfc3339_utc(next_, unix_nanoseconds);
  *next_++ = '"';
}

void json_output::composite(const ctxlog::value& v, std::size_t depth) {
  switch (v.kind()) {
    case value_kind::null:
      return raw("null");
    case value_kind::time:
      return time(v.time().time_since_epoch().count());
    case value_kind::duration:
      return real(static_cast<double>(v.duration().count()) / 1e9);
    case value_kind::array: {
      if (depth >= limits::depth) return string(depth_mark);
      std::string_view separator = "[";
      for (const ctxlog::value& item : v.array()) {
        raw(separator);
        composite(item, depth + 1);
        separator = ",";
      }
      return raw(v.array().empty() ? "[]" : "]");
    }
    case value_kind::object: {
      if (depth >= limits::depth) return string(depth_mark);
      std::string_view separator = "{";
      for (const field& member : v.object()) {
        raw(separator);
        string(member.key);
        raw(":");
        composite(member.value, depth + 1);
        separator = ",";
      }
      return raw(v.object().empty() ? "{}" : "}");
    }
    default:
      return value(v);
  }
}

}  // namespace ctxlog::detail
