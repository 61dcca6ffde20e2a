// The chain of proxies in Forwarded (RFC 7239) and X-Forwarded-For, read from its trustworthy end.
// SPDX-License-Identifier: MIT
#include <algorithm>

#include "ctxlog/http/address.hpp"
#include "http/header_text.hpp"

namespace ctxlog::http {
namespace {

// Whether the quote at `at` is a quoted pair: behind an odd number of backslashes.
bool is_escaped(std::string_view text, std::size_t at) noexcept {
  const auto before = text.substr(0, at).find_last_not_of('\\');
  return (at - (before == text.npos ? 0 : before + 1)) % 2 != 0;
}

// What stands behind the last `separator` outside quotes, taken off `list` with it. From the right, because
// the left is the client's own: a quote that it leaves open must not swallow what a proxy added.
std::string_view take_last(std::string_view& list, char separator) noexcept {
  bool quoted = false;
  std::size_t at = list.size();
  for (; at != 0; --at) {
    const char c = list[at - 1];
    if (c == '"' && !is_escaped(list, at - 1)) quoted = !quoted;
    if (c == separator && !quoted) break;
  }
  const std::string_view part = detail::without_blanks(list.substr(at));
  list = list.substr(0, at == 0 ? 0 : at - 1);
  return part;
}

bool is_for(std::string_view name) noexcept {
  return name.size() == 3 && (name[0] | 0x20) == 'f' && (name[1] | 0x20) == 'o' && (name[2] | 0x20) == 'r';
}

// The value of `for` in one element of Forwarded; empty when there is none or more than one.
std::string_view node_of_forwarded(std::string_view element) noexcept {
  std::optional<std::string_view> node;
  while (!element.empty()) {
    const std::string_view pair = take_last(element, ';');
    const auto equals = pair.find('=');
    if (equals == pair.npos || !is_for(detail::without_blanks(pair.substr(0, equals)))) continue;
    if (node) return {};
    node = pair.substr(equals + 1);
  }
  return node.value_or(std::string_view());
}

std::string_view node_itself(std::string_view element) noexcept { return element; }

bool is_trusted(const ip_address& address, std::span<const ip_network> trusted) noexcept {
  return std::any_of(trusted.begin(), trusted.end(),
                     [&](const ip_network& network) { return network.contains(address); });
}

ip_address walk(ip_address nearest, std::span<const ip_network> trusted,
                std::span<const std::string_view> lines, std::string_view (*node_of)(std::string_view)) {
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
    for (std::string_view rest = *line; !rest.empty();) {
      const std::string_view element = take_last(rest, ',');
      if (element.empty()) continue;
      const auto address = ip_address::parse_node(node_of(element));
      if (!address) return nearest;
      nearest = *address;
      if (!is_trusted(nearest, trusted)) return nearest;
    }
  }
  return nearest;
}

}  // namespace

ip_address client_behind_proxies(const ip_address& peer, std::span<const ip_network> trusted,
                                 std::span<const std::string_view> forwarded,
                                 std::span<const std::string_view> x_forwarded_for) {
  if (!is_trusted(peer, trusted)) return peer;
  if (forwarded.empty()) return walk(peer, trusted, x_forwarded_for, node_itself);
  const ip_address client = walk(peer, trusted, forwarded, node_of_forwarded);
  if (x_forwarded_for.empty() || walk(peer, trusted, x_forwarded_for, node_itself) == client) return client;
  return peer;
}

}  // namespace ctxlog::http
