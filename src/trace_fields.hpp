// The fields that tie a record to a trace (W3C Trace Context), known by their keys and recognised by their form.
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "ctxlog/record.hpp"

namespace ctxlog::detail {

inline constexpr std::string_view trace_id_key = "trace_id", span_id_key = "span_id",
                                  trace_flags_key = "trace_flags";

constexpr bool is_trace_key(std::string_view key) {
  return key == trace_id_key || key == span_id_key || key == trace_flags_key;
}

constexpr bool is_lower_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// The number that lower-case hexadecimal digits mean.
constexpr std::uint64_t hex_number(std::string_view digits) {
  std::uint64_t number = 0;
  for (const char c : digits) number = number * 16 + static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
  return number;
}

inline bool is_id(const value& v, std::size_t digits) {
  return v.kind() == value_kind::string && v.string().size() == digits && is_lower_hex(v.string()) &&
         v.string().find_first_not_of('0') != std::string_view::npos;
}

inline bool is_trace_id(const field& f) { return f.key == trace_id_key && is_id(f.value, 32); }
inline bool is_span_id(const field& f) { return f.key == span_id_key && is_id(f.value, 16); }

// Two digits, or the number that they mean.
inline std::optional<std::uint8_t> trace_flags_of(const value& v) {
  if (v.kind() == value_kind::integer && v.integer() >= 0 && v.integer() <= 255)
    return static_cast<std::uint8_t>(v.integer());
  if (v.kind() == value_kind::unsigned_integer && v.unsigned_integer() <= 255)
    return static_cast<std::uint8_t>(v.unsigned_integer());
  if (v.kind() == value_kind::string && v.string().size() == 2 && is_lower_hex(v.string()))
    return static_cast<std::uint8_t>(hex_number(v.string()));
  return std::nullopt;
}

// The record's id of that key, empty when there is none of the right form.
inline std::string_view id_of(const record& rec, std::string_view key, std::size_t digits) {
  const value* const found = rec.find(key);
  return found && is_id(*found, digits) ? found->string() : std::string_view();
}
inline std::string_view trace_id_of(const record& rec) { return id_of(rec, trace_id_key, 32); }
inline std::string_view span_id_of(const record& rec) { return id_of(rec, span_id_key, 16); }

}  // namespace ctxlog::detail
