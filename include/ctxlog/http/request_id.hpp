// Request ids: accepting what a client sent, or making a new one.
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "ctxlog/export.hpp"

namespace ctxlog::http {

/// The header that carries the id, inbound and outgoing. HTTP compares header names without case.
inline constexpr std::string_view request_id_header = "X-Request-ID";

inline constexpr std::size_t max_request_id_size = 128;

/// Whether a client's id may be logged and sent on: 1 to 128 characters of `[A-Za-z0-9._:/+=-]`. Ask after
/// the HTTP library has parsed the header: some decode `%0d%0a` to a line break.
constexpr bool is_valid_request_id(std::string_view id) noexcept {
  return !id.empty() && id.size() <= max_request_id_size && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view("._:/+=-").find(c) != std::string_view::npos;
  });
}

/// A random UUID of version 4 as lower-case text (RFC 9562, section 5.4). Any thread; the child of a fork()
/// makes other ids than its parent. Unique, but no secret: never use it as a token.
CTXLOG_API std::string new_request_id();

/// The client's id when it is valid, else a new one: an invalid id is never repaired, so that nothing of it
/// comes back in a log or a header.
inline std::string accept_request_id(std::string_view from_client) {
  return is_valid_request_id(from_client) ? std::string(from_client) : new_request_id();
}

}  // namespace ctxlog::http
