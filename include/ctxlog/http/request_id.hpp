// Request ids: accepting what a client sent, or making a new one.
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ctxlog/export.hpp"

namespace ctxlog::http {

/// The header that carries the id, inbound and outgoing. HTTP compares header names without case.
inline constexpr std::string_view request_id_header = "X-Request-ID";

inline constexpr std::size_t max_request_id_size = 128;

namespace detail {

inline constexpr auto request_id_characters = [] {
  std::array<bool, 256> allowed{};
  constexpr std::string_view all = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~+/=@:-";
  for (const char c : all) allowed[static_cast<unsigned char>(c)] = true;
  return allowed;
}();

constexpr bool is_request_id_character(char c) noexcept {
  return request_id_characters[static_cast<unsigned char>(c)];
}

}  // namespace detail

/// Why a client's id is not used.
enum class id_fault : std::uint8_t {
  charset,   // a character other than `[A-Za-z0-9._~+/=@:-]`
  length,    // empty, or longer than max_request_id_size
  repeated,  // the request has several lines of the header: for the caller to say, who sees the lines
};

/// "charset", "length" or "repeated": all that a record may tell of an id that was not used.
constexpr std::string_view id_fault_name(id_fault fault) noexcept {
  switch (fault) {
    case id_fault::charset:
      return "charset";
    case id_fault::length:
      return "length";
    case id_fault::repeated:
      break;
  }
  return "repeated";
}

/// Nothing when the id may be logged and sent on: 1 to 128 characters of `[A-Za-z0-9._~+/=@:-]`. Ask after
/// the HTTP library has parsed the header: some decode `%0d%0a` to a line break.
constexpr std::optional<id_fault> fault_of(std::string_view id) noexcept {
  if (id.empty() || id.size() > max_request_id_size) return id_fault::length;
  if (!std::all_of(id.begin(), id.end(), detail::is_request_id_character)) return id_fault::charset;
  return std::nullopt;
}

constexpr bool is_valid_request_id(std::string_view id) noexcept { return !fault_of(id); }

/// A random UUID of version 4 as lower-case text (RFC 9562, section 5.4). Any thread; the child of a fork()
/// makes other ids than its parent. Unique, but no secret: never use it as a token.
CTXLOG_API std::string new_request_id();

/// The client's id when it is valid, else a new one: an invalid id is never repaired, so that nothing of it
/// comes back in a log or a header.
inline std::string accept_request_id(std::string_view from_client) {
  return is_valid_request_id(from_client) ? std::string(from_client) : new_request_id();
}

/// The client's id without the characters that may not stand in one, cut to max_request_id_size; a new one
/// when nothing is left. Different ids may become the same one.
CTXLOG_API std::string sanitize_request_id(std::string_view from_client);

/// The value of `Root=` in an X-Amzn-Trace-Id header (`Root=1-67891233-abcdef012345678912345678;Sampled=1`),
/// empty when there is none. As untrusted as any id, and a part of `header`.
CTXLOG_API std::string_view amazon_trace_root(std::string_view header) noexcept;

}  // namespace ctxlog::http
