// IP addresses and networks, as trust policies and access records need them.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "ctxlog/export.hpp"

namespace ctxlog::http {

/// IPv4 or IPv6, without port or zone. An IPv4 address mapped into IPv6 (`::ffff:192.0.2.1`) is the IPv4
/// address.
class CTXLOG_API ip_address {
 public:
  /// Nothing unless the whole of `text` is an address in a form of RFC 4291 section 2.2 or dotted decimal.
  static std::optional<ip_address> parse(std::string_view text) noexcept;
  /// The address in a header's node (RFC 7239 section 6, X-Forwarded-For): `192.0.2.1:80`,
  /// `[2001:db8::1]:80`, quoted or not.
  static std::optional<ip_address> parse_node(std::string_view node) noexcept;

  bool is_v4() const noexcept { return v4_; }
  /// As RFC 5952 writes it.
  std::string text() const;
  /// The network part alone: what remains of a visitor that must not be identified.
  [[nodiscard]] ip_address masked(unsigned prefix_length) const noexcept;
  friend bool operator==(const ip_address&, const ip_address&) = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};  // network order; of IPv4 the first four
  bool v4_ = false;
};

/// An address block: `10.0.0.0/8`, `2001:db8::/32`; an address alone is a block of one. A block of IPv6 holds
/// no IPv4 address, not even `::/0`.
class CTXLOG_API ip_network {
 public:
  /// Throws std::invalid_argument, naming the text, unless it is a block: `10.0.0.1/8` is none, it would
  /// trust more than it seems to.
  explicit ip_network(std::string_view cidr);
  bool contains(const ip_address&) const noexcept;

 private:
  ip_address base_;
  unsigned prefix_length_;
};

/// Who sent the request, behind the proxies among `trusted`: the peer itself unless it is one of them, else
/// the right-most entry of all lines that is not. Give the lines of `Forwarded` (RFC 7239) or of
/// X-Forwarded-For, in their order. An entry that is no address ends the search: the last trusted address is
/// the answer. When there are both headers and they disagree, the peer is: one of them is the client's own.
CTXLOG_API ip_address client_behind_proxies(const ip_address& peer, std::span<const ip_network> trusted,
                                            std::span<const std::string_view> forwarded,
                                            std::span<const std::string_view> x_forwarded_for);

}  // namespace ctxlog::http
