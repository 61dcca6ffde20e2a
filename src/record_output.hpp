// Parts of a record that several schemas write alike.
// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "ctxlog/record.hpp"
#include "encoding_cache.hpp"
#include "json_output.hpp"

namespace ctxlog::detail {

// RFC 3339, UTC, microseconds.
inline void write_utc(text_output& out, const record& rec) {
  out.written(32, [&](char* p) { return rec.cache().utc.write(p, rec.time().time_since_epoch().count()); });
}

// A member that is left out when it would be empty; `opening` is `,"key":`.
inline void write_optional(json_output& out, std::string_view opening, std::string_view text) {
  if (!text.empty()) out.string_member(opening, text);
}

// The message with its holes says no more than the message when they are the same.
inline std::string_view optional_template(const record& rec) {
  return rec.message() == rec.message_template() ? std::string_view() : rec.message_template();
}

}  // namespace ctxlog::detail
