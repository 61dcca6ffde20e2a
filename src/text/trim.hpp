// Words of configuration: blanks around them, commas between them.
// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace ctxlog::detail {

inline std::string_view trimmed(std::string_view text) noexcept {
  constexpr std::string_view blanks = " \t\r\n\v\f";
  const auto first = text.find_first_not_of(blanks);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

// The trimmed part before the first comma, which is taken off `list` with it.
inline std::string_view take_part(std::string_view& list) noexcept {
  const auto comma = list.find(',');
  const std::string_view part = trimmed(list.substr(0, comma));
  list = comma == list.npos ? std::string_view() : list.substr(comma + 1);
  return part;
}

}  // namespace ctxlog::detail
