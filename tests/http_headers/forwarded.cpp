// Who stands behind trusted proxies, by the headers that these add to.
// SPDX-License-Identifier: MIT
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "ctxlog/http/address.hpp"

namespace {

using ctxlog::http::client_behind_proxies;
using ctxlog::http::ip_address;
using ctxlog::http::ip_network;

using lines = std::vector<std::string>;

const ip_network trusted[] = {ip_network("10.0.0.0/8"), ip_network("2001:db8:1::/48")};

std::string client(std::string_view peer, const lines& forwarded, const lines& x_forwarded_for) {
  const std::vector<std::string_view> first(forwarded.begin(), forwarded.end());
  const std::vector<std::string_view> second(x_forwarded_for.begin(), x_forwarded_for.end());
  return client_behind_proxies(ip_address::parse(peer).value(), trusted, first, second).text();
}

struct vector {
  lines header;
  std::string client;
};

// The peer is 10.0.0.1, a trusted proxy.
const vector x_forwarded_for[] = {
    {{}, "10.0.0.1"},
    {{""}, "10.0.0.1"},
    {{"192.0.2.1"}, "192.0.2.1"},
    {{"192.0.2.1:4711"}, "192.0.2.1"},
    {{"\"[2001:db8::1]:4711\""}, "2001:db8::1"},
    {{"[2001:db8::1]"}, "2001:db8::1"},
    {{"2001:db8::1"}, "2001:db8::1"},
    {{"::ffff:192.0.2.1"}, "192.0.2.1"},
    // the right-most that is not trusted
    {{"198.51.100.9, 192.0.2.1"}, "192.0.2.1"},
    {{"198.51.100.9,192.0.2.1,10.0.0.2"}, "192.0.2.1"},
    {{"198.51.100.9, 192.0.2.1 ,\t10.0.0.2 , 2001:db8:1::5"}, "192.0.2.1"},
    {{"192.0.2.1, ::ffff:10.0.0.2"}, "192.0.2.1"},
    {{"198.51.100.9", "192.0.2.1", "10.0.0.2"}, "192.0.2.1"},
    {{"198.51.100.9, 192.0.2.1", "10.0.0.3, 10.0.0.2"}, "192.0.2.1"},
    {{"198.51.100.9", "192.0.2.1, 10.0.0.2", ""}, "192.0.2.1"},
    // nobody but proxies
    {{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
    {{"10.0.0.3", "10.0.0.2"}, "10.0.0.3"},
    // empty members mean nothing
    {{"192.0.2.1,,10.0.0.2, ,"}, "192.0.2.1"},
    {{",,,"}, "10.0.0.1"},
    // what is no address ends the search
    {{"unknown"}, "10.0.0.1"},
    {{"192.0.2.1, unknown"}, "10.0.0.1"},
    {{"192.0.2.1, unknown, 10.0.0.2"}, "10.0.0.2"},
    {{"192.0.2.1, _hidden, 10.0.0.2"}, "10.0.0.2"},
    {{"192.0.2.1", "unknown", "10.0.0.2"}, "10.0.0.2"},
    {{"192.0.2.1 10.0.0.2"}, "10.0.0.1"},
    {{"192.0.2.1; 10.0.0.2"}, "10.0.0.1"},
    {{"for=192.0.2.1"}, "10.0.0.1"},
    {{"\xff\x01\r\n"}, "10.0.0.1"},
    {{std::string("192.0.2.1\0", 10)}, "10.0.0.1"},
    // garbage on the client's side stays there
    {{"unknown, 192.0.2.1, 10.0.0.2"}, "192.0.2.1"},
    {{"\", 192.0.2.1, 10.0.0.2"}, "192.0.2.1"},
    {{"\"", "192.0.2.1, 10.0.0.2"}, "192.0.2.1"},
    {{std::string(70'000, ',') + "192.0.2.1"}, "192.0.2.1"},
    {{std::string(70'000, '"') + ",192.0.2.1"}, "192.0.2.1"},
};

TEST_CASE("X-Forwarded-For is read from its right end over all lines", "[H11]") {
  for (const auto& [header, expected] : x_forwarded_for) {
    CAPTURE(header.size(), header.empty() ? "" : header[0].substr(0, 80));
    CHECK(client("10.0.0.1", {}, header) == expected);
  }
}

const vector forwarded[] = {
    {{""}, "10.0.0.1"},
    {{"for=192.0.2.1"}, "192.0.2.1"},
    {{"For=192.0.2.1"}, "192.0.2.1"},
    {{"FOR=192.0.2.1;proto=https;by=203.0.113.43"}, "192.0.2.1"},
    {{"by=203.0.113.43;host=\"a,b;for=6.6.6.6\" ; for=192.0.2.1"}, "192.0.2.1"},
    {{"for=\"192.0.2.1:4711\""}, "192.0.2.1"},
    {{"for=\"[2001:db8:cafe::17]:4711\""}, "2001:db8:cafe::17"},
    {{"for=\"[2001:db8:cafe::17]\";proto=http"}, "2001:db8:cafe::17"},
    {{"for=198.51.100.9, for=192.0.2.1"}, "192.0.2.1"},
    {{"for=192.0.2.1, for=10.0.0.2, for=\"[2001:db8:1::5]\""}, "192.0.2.1"},
    {{"for=198.51.100.9", "for=192.0.2.1", "for=10.0.0.2"}, "192.0.2.1"},
    {{"for=192.0.2.1,,for=10.0.0.2,"}, "192.0.2.1"},
    {{"for=192.0.2.1;ext=\"a\\\",for=6.6.6.6\", for=10.0.0.2"}, "192.0.2.1"},
    {{"for=192.0.2.1;ext=\"a\\\\\", for=10.0.0.2"}, "192.0.2.1"},
    // no address
    {{"for=unknown"}, "10.0.0.1"},
    {{"for=192.0.2.1, for=unknown, for=10.0.0.2"}, "10.0.0.2"},
    {{"for=192.0.2.1, for=\"_hidden\", for=10.0.0.2"}, "10.0.0.2"},
    {{"for=192.0.2.1, proto=https"}, "10.0.0.1"},
    {{"for=192.0.2.1, for="}, "10.0.0.1"},
    {{"for=192.0.2.1, for"}, "10.0.0.1"},
    {{"for=192.0.2.1;for=198.51.100.9"}, "10.0.0.1"},
    {{"for=192.0.2.1;for="}, "10.0.0.1"},
    {{"for=;for=192.0.2.1"}, "10.0.0.1"},
    {{"xfor=192.0.2.1"}, "10.0.0.1"},
    {{"192.0.2.1"}, "10.0.0.1"},
    {{"for:192.0.2.1"}, "10.0.0.1"},
    {{"\x06or=192.0.2.1"}, "10.0.0.1"},
    // the client cannot hide behind its own quotes what a proxy added, nor put a part of its own in front
    {{"for=\"6.6.6.6, for=192.0.2.1"}, "192.0.2.1"},
    {{"for=\"6.6.6.6, for=192.0.2.1, for=10.0.0.2"}, "192.0.2.1"},
    {{"for=\"6.6.6.6, for=\"[2001:db8::1]\", for=\"[2001:db8:1::5]\""}, "2001:db8::1"},
    {{"for=6.6.6.6;x=\"\\, for=192.0.2.1"}, "192.0.2.1"},
    {{"garbage\", for=192.0.2.1"}, "192.0.2.1"},
    {{"\\\"", "for=192.0.2.1"}, "192.0.2.1"},
};

TEST_CASE("Forwarded is read from its right end over all lines", "[H11]") {
  for (const auto& [header, expected] : forwarded) {
    CAPTURE(header[0]);
    CHECK(client("10.0.0.1", header, {}) == expected);
  }
}

TEST_CASE("a peer that is not trusted is the client, whatever it says", "[H11]") {
  CHECK(client("192.0.2.7", {}, {"6.6.6.6"}) == "192.0.2.7");
  CHECK(client("192.0.2.7", {"for=6.6.6.6"}, {}) == "192.0.2.7");
  CHECK(client("2001:db8:2::1", {}, {"10.0.0.2"}) == "2001:db8:2::1");
}

TEST_CASE("a trusted peer may have any of the trusted networks", "[H11]") {
  CHECK(client("10.255.255.255", {}, {"192.0.2.1"}) == "192.0.2.1");
  CHECK(client("::ffff:10.0.0.1", {}, {"192.0.2.1"}) == "192.0.2.1");
  CHECK(client("2001:db8:1::1", {}, {"192.0.2.1"}) == "192.0.2.1");
}

TEST_CASE("without trusted proxies the peer is the client", "[H11]") {
  const std::string_view header[] = {"192.0.2.1"};
  CHECK(client_behind_proxies(ip_address::parse("10.0.0.1").value(), {}, {}, header).text() == "10.0.0.1");
}

TEST_CASE("of two headers that disagree none is believed", "[H11]") {
  CHECK(client("10.0.0.1", {"for=192.0.2.1"}, {"192.0.2.1"}) == "192.0.2.1");
  CHECK(client("10.0.0.1", {"for=6.6.6.6"}, {"192.0.2.1"}) == "10.0.0.1");
  CHECK(client("10.0.0.1", {"for=192.0.2.1"}, {"6.6.6.6"}) == "10.0.0.1");
}

}  // namespace
