// Recognising the value that an exception became.
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>

#include "ctxlog/value.hpp"

namespace ctxlog::detail {

struct exception_parts {
  std::string_view type, message;
  std::span<const value> causes;  // as_exception() takes each of them
  std::span<const value> stack;   // strings
};

// Nothing when the value has another shape than exception_value() gives. The shape is all there is to go by:
// an object of the application's own that has it counts as an exception.
inline std::optional<exception_parts> as_exception(const value& v) {
  if (v.kind() != value_kind::object) return std::nullopt;
  const std::span<const field> members = v.object();
  const auto has_text = [&](std::size_t i, std::string_view key) {
    return i < members.size() && members[i].key == key && members[i].value.kind() == value_kind::string;
  };
  const auto has_array = [&](std::size_t i, std::string_view key) {
    return i < members.size() && members[i].key == key && members[i].value.kind() == value_kind::array;
  };
  if (!has_text(0, "type") || !has_text(1, "message")) return std::nullopt;
  exception_parts parts{members[0].value.string(), members[1].value.string(), {}, {}};
  std::size_t seen = 2;
  if (has_array(seen, "causes")) parts.causes = members[seen++].value.array();
  if (has_array(seen, "stack")) parts.stack = members[seen++].value.array();
  const bool matches = seen == members.size() &&
                       std::all_of(parts.causes.begin(), parts.causes.end(),
                                   [](const value& cause) { return as_exception(cause).has_value(); }) &&
                       std::all_of(parts.stack.begin(), parts.stack.end(),
                                   [](const value& frame) { return frame.kind() == value_kind::string; });
  return matches ? std::optional(parts) : std::nullopt;
}

}  // namespace ctxlog::detail
