// IP addresses and networks.
// SPDX-License-Identifier: MIT
#include "ctxlog/http/address.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <stdexcept>
#include <string>

namespace {

using ctxlog::http::ip_address;
using ctxlog::http::ip_network;

std::string text_of(const std::optional<ip_address>& address) { return address ? address->text() : ""; }
std::string parsed(std::string_view text) { return text_of(ip_address::parse(text)); }
std::string node(std::string_view text) { return text_of(ip_address::parse_node(text)); }
ip_address address(std::string_view text) { return ip_address::parse(text).value(); }

struct vector {
  std::string text, written = "";
};

const vector addresses[] = {
    {"0.0.0.0", "0.0.0.0"},
    {"192.0.2.1", "192.0.2.1"},
    {"255.255.255.255", "255.255.255.255"},
    {"256.0.0.1"},
    {"1.2.3"},
    {"1.2.3.4.5"},
    {"1.2.3."},
    {".1.2.3"},
    {"1..2.3"},
    {"01.2.3.4"},
    {"1.2.3.04"},
    {"0x1.2.3.4"},
    {"1.2.3.4 "},
    {" 1.2.3.4"},
    {"1.2.3.4\n"},
    {"1.2.3.-4"},
    {"16909060"},
    {"1.2.3.4/32"},
    {"1.2.3.4:80"},
    {std::string("1.2.3.4\0", 8)},
    {std::string("1.2.3.4\0garbage", 15)},
    {std::string("\0", 1)},
    {"::", "::"},
    {"::1", "::1"},
    {"2001:DB8::1", "2001:db8::1"},
    {"2001:db8:0:0:0:0:0:1", "2001:db8::1"},
    {"2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"},
    {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
    {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
    {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
    {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
    {"fe80::1", "fe80::1"},
    {"fe80::1%eth0"},
    {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
    {"::ffff:192.0.2.1", "192.0.2.1"},
    {"::FFFF:c000:201", "192.0.2.1"},
    {"0:0:0:0:0:ffff:192.0.2.1", "192.0.2.1"},
    {"0000:0000:0000:0000:0000:ffff:255.255.255.255", "255.255.255.255"},
    {"::ffff:0:192.0.2.1", "::ffff:0:c000:201"},
    {":::"},
    {":"},
    {"1::2::3"},
    {"1:2:3:4:5:6:7"},
    {"1:2:3:4:5:6:7:8:9"},
    {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
    {":1:2:3:4:5:6:7"},
    {"12345::"},
    {"g::"},
    {"::1.2.3"},
    {"::256.2.3.4"},
    {"1.2.3.4::"},
    {"[::1]"},
    {"\"::1\""},
    {""},
    {"localhost"},
    {"unknown"},
    {"_hidden"},
    {std::string(70'000, '1')},
    {std::string(46, ':')},
};

TEST_CASE("an address is read as a whole or not at all and written in one form", "[H11]") {
  for (const auto& [text, written] : addresses) {
    CAPTURE(text.substr(0, 80));
    CHECK(parsed(text) == written);
    if (!written.empty()) CHECK(ip_address::parse(written) == ip_address::parse(text));
  }
}

TEST_CASE("an IPv4 address mapped into IPv6 is the IPv4 address", "[H11]") {
  CHECK(address("::ffff:192.0.2.1") == address("192.0.2.1"));
  CHECK(address("::ffff:192.0.2.1").is_v4());
  CHECK_FALSE(address("::192.0.2.1").is_v4());
  CHECK(address("::192.0.2.1") != address("192.0.2.1"));
  CHECK(address("::") != address("0.0.0.0"));
  CHECK(address("c000:201::") != address("192.0.2.1"));
}

const vector nodes[] = {
    {"192.0.2.1", "192.0.2.1"},
    {" 192.0.2.1\t", "192.0.2.1"},
    {"192.0.2.1:80", "192.0.2.1"},
    {"192.0.2.1:0", "192.0.2.1"},
    {"192.0.2.1:99999", "192.0.2.1"},
    {"192.0.2.1:_port.a-b", "192.0.2.1"},
    {"\"192.0.2.1\"", "192.0.2.1"},
    {"\"192.0.2.1:80\"", "192.0.2.1"},
    {"2001:db8::1", "2001:db8::1"},
    {"[2001:db8::1]", "2001:db8::1"},
    {"[2001:db8::1]:80", "2001:db8::1"},
    {"[2001:db8::1]:_x", "2001:db8::1"},
    {"\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"},
    {"\"[::ffff:192.0.2.1]:4711\"", "192.0.2.1"},
    {"::1", "::1"},
    {"192.0.2.1:"},
    {"192.0.2.1:123456"},
    {"192.0.2.1:8a"},
    {"192.0.2.1:-1"},
    {"192.0.2.1: 80"},
    {"192.0.2.1:_"},
    {"192.0.2.1:_a b"},
    {"192.0.2.1:80:80"},
    {":80"},
    {"[192.0.2.1]"},
    {"[2001:db8::1"},
    {"2001:db8::1]"},
    {"[2001:db8::1]80"},
    {"[2001:db8::1]:"},
    {"[2001:db8::1]:80:"},
    {"[[2001:db8::1]]"},
    {"[]"},
    {"["},
    {"\"192.0.2.1"},
    {"192.0.2.1\""},
    {"\"\"192.0.2.1\"\""},
    {"\"192.0.2\\.1\""},
    {"\" 192.0.2.1\""},
    {"\""},
    {"\"\""},
    {""},
    {"unknown"},
    {"\"unknown\""},
    {"unknown:80"},
    {"_hidden"},
    {"\"_SEVKISEK\""},
    {"_hidden:80"},
    {"192.0.2.1\r\n"},
    {"[fe80::1%eth0]"},
    {std::string(70'000, '"')},
};

TEST_CASE("a header's node is an address with or without port, brackets and quotes", "[H11]") {
  for (const auto& [text, written] : nodes) {
    CAPTURE(text.substr(0, 80));
    CHECK(node(text) == written);
  }
}

TEST_CASE("a masked address keeps its network alone", "[H11]") {
  const ip_address v4 = address("192.0.2.255"), v6 = address("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff");
  CHECK(v4.masked(24).text() == "192.0.2.0");
  CHECK(v4.masked(25).text() == "192.0.2.128");
  CHECK(v4.masked(31).text() == "192.0.2.254");
  CHECK(v4.masked(32) == v4);
  CHECK(v4.masked(33) == v4);
  CHECK(v4.masked(1).text() == "128.0.0.0");
  CHECK(v4.masked(0).text() == "0.0.0.0");
  CHECK(v6.masked(48).text() == "2001:db8:ffff::");
  CHECK(v6.masked(33).text() == "2001:db8:8000::");
  CHECK(v6.masked(127).text() == "2001:db8:ffff:ffff:ffff:ffff:ffff:fffe");
  CHECK(v6.masked(128) == v6);
  CHECK(v6.masked(4'000'000'000U) == v6);
  CHECK(v6.masked(0).text() == "::");
}

TEST_CASE("a network contains its own addresses and no other", "[H11]") {
  const auto contains = [](std::string_view cidr, std::string_view text) {
    return ip_network(cidr).contains(address(text));
  };
  CHECK(contains("10.0.0.0/8", "10.0.0.0"));
  CHECK(contains("10.0.0.0/8", "10.255.255.255"));
  CHECK_FALSE(contains("10.0.0.0/8", "9.255.255.255"));
  CHECK_FALSE(contains("10.0.0.0/8", "11.0.0.0"));
  CHECK(contains("172.16.0.0/12", "172.31.255.255"));
  CHECK_FALSE(contains("172.16.0.0/12", "172.32.0.0"));
  CHECK(contains("192.0.2.1", "192.0.2.1"));
  CHECK(contains("192.0.2.1/32", "192.0.2.1"));
  CHECK_FALSE(contains("192.0.2.1", "192.0.2.0"));
  CHECK(contains("0.0.0.0/0", "203.0.113.9"));
  CHECK_FALSE(contains("0.0.0.0/0", "::1"));
  CHECK(contains("10.0.0.0/8", "::ffff:10.1.2.3"));
  CHECK(contains("::ffff:10.0.0.0/104", "10.1.2.3"));
  CHECK_FALSE(contains("::ffff:10.0.0.0/104", "11.1.2.3"));
  CHECK(contains("::ffff:10.0.0.1", "10.0.0.1"));
  CHECK_FALSE(contains("::ffff:10.0.0.1", "10.0.0.2"));
  CHECK(contains("::ffff:0.0.0.0/96", "203.0.113.9"));
  CHECK(contains("2001:db8::/32", "2001:db8:ffff::1"));
  CHECK_FALSE(contains("2001:db8::/32", "2001:db9::"));
  CHECK(contains("2001:db8::/33", "2001:db8:7fff::"));
  CHECK_FALSE(contains("2001:db8::/33", "2001:db8:8000::"));
  CHECK(contains("::1", "::1"));
  CHECK_FALSE(contains("::1", "::2"));
  CHECK(contains("::/0", "2001:db8::1"));
  CHECK_FALSE(contains("::/0", "192.0.2.1"));
}

TEST_CASE("what is no block of addresses is refused by name", "[H11]") {
  for (const std::string text : {"",
                                 "/",
                                 "/8",
                                 "10.0.0.0/",
                                 "10.0.0.0/33",
                                 "10.0.0.0/-1",
                                 "10.0.0.0/+8",
                                 "10.0.0.0/8 ",
                                 "10.0.0.0/ 8",
                                 "10.0.0.0/8/8",
                                 "10.0.0.0/4294967304",
                                 "10.0.0.0/x",
                                 "10.0.0/8",
                                 "10.0.0.1/8",
                                 "10.128.0.0/8",
                                 "2001:db8::/129",
                                 "2001:db8::1/64",
                                 "::ffff:10.0.0.0/95",
                                 "::ffff:10.0.0.0/8",
                                 "::ffff:10.0.0.1/104",
                                 "[::1]",
                                 "localhost",
                                 "10.0.0.0/255.0.0.0",
                                 "fe80::1%eth0/64"}) {
    CAPTURE(text);
    CHECK_THROWS_MATCHES(ip_network(text), std::invalid_argument,
                         Catch::Matchers::MessageMatches(Catch::Matchers::StartsWith("'" + text + "'")));
  }
}

}  // namespace
