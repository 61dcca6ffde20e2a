// JSON values as a careful user of a library without JSON writes them: for the peers that need it.
// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>

#include <concepts>
#include <iterator>
#include <string>
#include <string_view>

namespace bench {

inline void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20)
          fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<int>(c));
        else
          out += c;
    }
  }
}

/// `,"key":value`
template <class T>
void append_member(std::string& out, std::string_view key, const T& value) {
  out += ",\"";
  out += key;
  out += "\":";
  if constexpr (std::convertible_to<const T&, std::string_view>) {
    out += '"';
    append_escaped(out, value);
    out += '"';
  } else {
    fmt::format_to(std::back_inserter(out), "{}", value);
  }
}

}  // namespace bench
