// Fuzz target: addresses, nodes and address blocks.
// SPDX-License-Identifier: MIT
#include <stdexcept>

#include "ctxlog/http/address.hpp"
#include "support.hpp"

using ctxlog::http::ip_address;
using ctxlog::http::ip_network;

namespace {

void check_address(const ip_address& address) {
  const std::string text = address.text();
  FUZZ_CHECK(!text.empty() && text.find_first_not_of("0123456789abcdef.:") == text.npos);
  FUZZ_CHECK(ip_address::parse(text) == address && ip_address::parse_node(text) == address);
  FUZZ_CHECK(ip_network(text).contains(address));
  FUZZ_CHECK(address.is_v4() == (text.find(':') == text.npos));
  for (unsigned bits = 0; bits <= (address.is_v4() ? 32U : 128U); ++bits) {
    const ip_address base = address.masked(bits);
    FUZZ_CHECK(base.is_v4() == address.is_v4() && base.masked(bits) == base);
    FUZZ_CHECK(ip_network(base.text() + '/' + std::to_string(bits)).contains(address));
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  if (const auto address = ip_address::parse(text)) {
    check_address(*address);
    FUZZ_CHECK(ip_address::parse_node(text) == address);
    FUZZ_CHECK(ip_address::parse_node("\"[" + std::string(text) + "]:80\"").has_value() ==
               (text.find(':') != text.npos));
  }
  if (const auto address = ip_address::parse_node(text)) check_address(*address);
  try {
    const ip_network network(text);
    FUZZ_CHECK(network.contains(ip_address::parse(text.substr(0, text.find('/'))).value()));
  } catch (const std::invalid_argument&) {}
  return 0;
}
