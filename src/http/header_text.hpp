// What the values of HTTP headers are made of: blanks and lists (RFC 9110, section 5.6).
// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace ctxlog::http::detail {

// Without OWS around it: spaces and tabs, and no other blank, so that a line break never passes for one.
constexpr std::string_view without_blanks(std::string_view text) noexcept {
  const auto first = text.find_first_not_of(" \t");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// What stands before the first `separator`, without blanks; taken off `list` with it.
constexpr std::string_view take_first(std::string_view& list, char separator) noexcept {
  const auto end = list.find(separator);
  const std::string_view part = without_blanks(list.substr(0, end));
  list = end == list.npos ? std::string_view() : list.substr(end + 1);
  return part;
}

}  // namespace ctxlog::http::detail
