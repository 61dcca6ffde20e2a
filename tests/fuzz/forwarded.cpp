// Fuzz target: Forwarded and X-Forwarded-For, one part for each line.
// SPDX-License-Identifier: MIT
#include "ctxlog/http/address.hpp"
#include "support.hpp"

using ctxlog::http::client_behind_proxies;
using ctxlog::http::ip_address;
using ctxlog::http::ip_network;

namespace {

const ip_address proxy = *ip_address::parse("10.0.0.1"), stranger = *ip_address::parse("203.0.113.9");
const ip_network trusted[] = {ip_network("10.0.0.0/8")};

using lines = std::vector<std::string_view>;

ip_address by_forwarded(const lines& header) { return client_behind_proxies(proxy, trusted, header, {}); }
ip_address by_x_forwarded_for(const lines& header) {
  return client_behind_proxies(proxy, trusted, {}, header);
}

// Whatever a client sends, what a trusted proxy adds to it on the right decides.
void check_addition(ip_address (*client)(const lines&), lines header, const std::string& addition) {
  header.push_back(addition);
  FUZZ_CHECK(client(header) == stranger);
  header.pop_back();
  if (header.empty()) return;
  const std::string longer = std::string(header.back()) + ", " + addition;
  header.back() = longer;
  FUZZ_CHECK(client(header) == stranger);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto header = fuzz::parts_of(fuzz::text_of(data, size));
  FUZZ_CHECK(client_behind_proxies(stranger, trusted, header, header) == stranger);
  FUZZ_CHECK(client_behind_proxies(proxy, {}, header, header) == proxy);
  for (const auto client : {by_forwarded, by_x_forwarded_for}) {
    const ip_address found = client(header);
    FUZZ_CHECK(ip_address::parse(found.text()) == found);
  }
  check_addition(by_forwarded, header, "for=203.0.113.9");
  check_addition(by_forwarded, header, "by=\"a,b;\\\"\";for=\"203.0.113.9:80\", for=\"10.0.0.2:_x\"");
  check_addition(by_x_forwarded_for, header, "203.0.113.9:80");
  check_addition(by_x_forwarded_for, header, "203.0.113.9, 10.0.0.2");
  return 0;
}
