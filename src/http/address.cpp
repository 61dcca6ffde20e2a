// IP addresses and networks, and who stands behind trusted proxies.
// SPDX-License-Identifier: MIT
#include "ctxlog/http/address.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <utility>

#include "http/header_text.hpp"
#include "text/ascii.hpp"

namespace ctxlog::http {
namespace {

constexpr std::array<std::uint8_t, 12> mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr unsigned mapped_bits = 8 * mapped_prefix.size();

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// A port or the mark that some hide theirs behind (RFC 7239, section 6).
bool is_port(std::string_view text) noexcept {
  const bool hidden = text.starts_with('_');
  if (hidden) text.remove_prefix(1);
  const auto may_stand = [hidden](char c) {
    return is_digit(c) || (hidden && ctxlog::detail::is_token({&c, 1}));
  };
  return !text.empty() && (hidden || text.size() <= 5) && std::all_of(text.begin(), text.end(), may_stand);
}

}  // namespace

std::optional<ip_address> ip_address::parse(std::string_view text) noexcept {
  // As C text: a NUL inside would end it early.
  std::array<char, INET6_ADDRSTRLEN> copy{};
  if (text.size() >= copy.size() || text.find('\0') != text.npos) return std::nullopt;
  std::copy(text.begin(), text.end(), copy.begin());
  ip_address parsed;
  if (::inet_pton(AF_INET, copy.data(), parsed.bytes_.data()) == 1) {
    parsed.v4_ = true;
    return parsed;
  }
  if (::inet_pton(AF_INET6, copy.data(), parsed.bytes_.data()) != 1) return std::nullopt;
  if (std::equal(mapped_prefix.begin(), mapped_prefix.end(), parsed.bytes_.begin())) {
    const auto tail =
        std::copy(parsed.bytes_.begin() + mapped_prefix.size(), parsed.bytes_.end(), parsed.bytes_.begin());
    std::fill(tail, parsed.bytes_.end(), std::uint8_t{0});
    parsed.v4_ = true;
  }
  return parsed;
}

std::optional<ip_address> ip_address::parse_node(std::string_view node) noexcept {
  node = detail::without_blanks(node);
  if (node.size() >= 2 && node.front() == '"' && node.back() == '"') node = node.substr(1, node.size() - 2);
  if (node.starts_with('[')) {
    const auto close = node.find(']');
    if (close == node.npos) return std::nullopt;
    const std::string_view inside = node.substr(1, close - 1), after = node.substr(close + 1);
    if (!after.empty() && (after[0] != ':' || !is_port(after.substr(1)))) return std::nullopt;
    return inside.find(':') == inside.npos ? std::nullopt : parse(inside);
  }
  const auto colon = node.find(':');
  if (colon == node.npos || node.find(':', colon + 1) != node.npos) return parse(node);
  return is_port(node.substr(colon + 1)) ? parse(node.substr(0, colon)) : std::nullopt;
}

std::string ip_address::text() const {
  if (v4_) return fmt::format("{}.{}.{}.{}", bytes_[0], bytes_[1], bytes_[2], bytes_[3]);
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(AF_INET6, bytes_.data(), text.data(), text.size());
  return text.data();
}

ip_address ip_address::masked(unsigned prefix_length) const noexcept {
  ip_address network = *this;
  for (std::size_t i = 0; i != bytes_.size(); ++i) {
    const auto bits = static_cast<unsigned>(8 * i);
    const unsigned kept = prefix_length > bits ? std::min(prefix_length - bits, 8U) : 0;
    network.bytes_[i] &= static_cast<std::uint8_t>(0xff00U >> kept);
  }
  return network;
}

ip_network::ip_network(std::string_view cidr) {
  const auto slash = cidr.find('/');
  const std::string_view address = cidr.substr(0, slash);
  const auto parsed = ip_address::parse(address);
  const auto refuse = [cidr](const char* expected) {
    throw std::invalid_argument("'" + std::string(cidr) + "' is no block of addresses, expected " + expected);
  };
  if (!parsed) refuse("an address and perhaps / and a prefix length");
  base_ = *parsed;
  const bool mapped = base_.is_v4() && address.find(':') != address.npos;
  const unsigned size = base_.is_v4() && !mapped ? 32 : 128;
  prefix_length_ = size;
  if (slash != cidr.npos) {
    const std::string_view digits = cidr.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix_length_);
    if (error != std::errc() || end != digits.data() + digits.size() || prefix_length_ > size)
      refuse("a prefix length that the address has room for");
  }
  if (mapped && prefix_length_ < mapped_bits) refuse("at least /96 for IPv4 in IPv6");
  if (mapped) prefix_length_ -= mapped_bits;
  if (base_.masked(prefix_length_) != base_) refuse("zeros after the prefix");
}

bool ip_network::contains(const ip_address& address) const noexcept {
  return address.is_v4() == base_.is_v4() && address.masked(prefix_length_) == base_;
}

}  // namespace ctxlog::http
