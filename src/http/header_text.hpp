// What the values of HTTP headers are made of: blanks, lists and tokens (RFC 9110, section 5.6).
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
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

constexpr bool is_token(std::string_view text) noexcept {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [=](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           others.find(c) != others.npos;
  });
}

}  // namespace ctxlog::http::detail
