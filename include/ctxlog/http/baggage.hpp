// W3C Baggage: key-values that travel with a request (https://www.w3.org/TR/baggage/).
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ctxlog/export.hpp"

namespace ctxlog::http {

class CTXLOG_API baggage {
 public:
  static constexpr std::size_t max_members = 64, max_size = 8192;

  struct member {
    std::string key;
    /// Decoded, valid UTF-8.
    std::string value;
    /// As they came, separated by `;`, empty for none.
    std::string properties;
    friend bool operator==(const member&, const member&) = default;
  };

  baggage() = default;

  /// All baggage lines of a request, in their order. A member that breaks a rule is left out, and those
  /// beyond 64 members or 8192 bytes (section 3.3.2). Percent-encoding is undone; bytes that are no UTF-8
  /// become U+FFFD.
  static baggage parse(std::span<const std::string_view> header_lines);

  /// In place of the older value of that key, else at the end. Throws std::invalid_argument for a key that is
  /// no token (RFC 9110, section 5.6.2), std::length_error when the whole would be beyond the limits.
  void set(std::string_view key, std::string_view value);

  /// The first value of that key, or null.
  const std::string* find(std::string_view key) const noexcept;
  std::span<const member> members() const noexcept { return members_; }
  bool empty() const noexcept { return members_.empty(); }

  /// The header's value; what the grammar forbids is percent-encoded. Empty: send no header.
  std::string text() const;

 private:
  std::vector<member> members_;
};

}  // namespace ctxlog::http
