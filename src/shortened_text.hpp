// Strings too long for a record: what is kept of them and the mark that says how much is not.
// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "ctxlog/value.hpp"
#include "text/utf8.hpp"

namespace ctxlog::detail {

struct shortened_text {
  std::string_view kept;
  std::string mark;  // empty when all is kept
};

inline shortened_text shorten(std::string_view text) {
  const std::string_view kept = truncate_utf8(text, limits::string_bytes);
  if (kept.size() == text.size()) return {text, {}};
  return {kept, fmt::format("\u2026(+{} bytes)", text.size() - kept.size())};
}

}  // namespace ctxlog::detail
