// Request ids: what is accepted from a client, and what new ones look like.
// SPDX-License-Identifier: MIT
#include "ctxlog/http/request_id.hpp"

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "../http/uuid.hpp"
#include "forked_child.hpp"

namespace {

using ctxlog::http::accept_request_id;
using ctxlog::http::amazon_trace_root;
using ctxlog::http::fault_of;
using ctxlog::http::id_fault;
using ctxlog::http::id_fault_name;
using ctxlog::http::is_valid_request_id;
using ctxlog::http::new_request_id;
using ctxlog::http::sanitize_request_id;
using http_test::is_uuid_4;

std::vector<std::string> new_ids(std::size_t count) {
  std::vector<std::string> ids(count);
  for (auto& id : ids) id = new_request_id();
  return ids;
}

TEST_CASE("an id of 1 to 128 letters, digits and ._~+/=@:- is taken as it is", "[BL-10][H11]") {
  for (const std::string id :
       {"a", "0", "req-12345", "4bf92f3577b34da6a3ce929d0e0e4736", "Root=1-67891233-abcdef012345678912345678",
        "a.b_c:d/e+f==", "~user@host", "-"})
    CHECK(accept_request_id(id) == id);
  CHECK(accept_request_id(std::string(128, 'x')) == std::string(128, 'x'));
}

TEST_CASE("of the 256 bytes, 71 may stand in an id, in any place", "[http-7][H11]") {
  const std::string allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~+/=@:-";
  int accepted = 0;
  for (int byte = 0; byte != 256; ++byte) {
    const char c = static_cast<char>(byte);
    const bool expected = allowed.find(c) != allowed.npos;
    accepted += expected;
    for (std::size_t place = 0; place != 128; ++place) {
      std::string id(128, 'a');
      id[place] = c;
      if (is_valid_request_id(id) != expected) FAIL("byte " << byte << " in place " << place);
    }
    const std::string alone(1, c);
    CAPTURE(byte);
    CHECK(is_valid_request_id(alone) == expected);
    CHECK(sanitize_request_id("<" + alone + "x") == (expected ? alone + "x" : "x"));
  }
  CHECK(accepted == 71);
}

TEST_CASE("an id has 1 to 128 characters", "[http-7][H11]") {
  const auto of_size = [](std::size_t size) { return fault_of(std::string(size, 'x')); };
  CHECK(of_size(0) == id_fault::length);
  CHECK(of_size(1) == std::nullopt);
  CHECK(of_size(128) == std::nullopt);
  CHECK(of_size(129) == id_fault::length);
  CHECK(of_size(70'000) == id_fault::length);
}

TEST_CASE("a fault says what is wrong with an id", "[http-7][H11]") {
  CHECK(fault_of("req-1") == std::nullopt);
  CHECK(fault_of("req 1") == id_fault::charset);
  CHECK(fault_of("a\nb") == id_fault::charset);
  CHECK(fault_of(std::string(129, '\n')) == id_fault::length);
  CHECK(id_fault_name(id_fault::charset) == "charset");
  CHECK(id_fault_name(id_fault::length) == "length");
  CHECK(id_fault_name(id_fault::repeated) == "repeated");
}

TEST_CASE("a sanitized id keeps what may stand in one and is never longer than one", "[http-7][H11]") {
  CHECK(sanitize_request_id("req-1") == "req-1");
  CHECK(sanitize_request_id(" req 1\r\nSet-Cookie: x=1") == "req1Set-Cookie:x=1");
  CHECK(sanitize_request_id("\xff\x1b[31ma") == "31ma");
  CHECK(sanitize_request_id(std::string(128, 'x')) == std::string(128, 'x'));
  CHECK(sanitize_request_id(std::string(129, 'x')) == std::string(128, 'x'));
  CHECK(sanitize_request_id(std::string(70'000, '\n') + "end") == "end");
  CHECK(is_uuid_4(sanitize_request_id("")));
  CHECK(is_uuid_4(sanitize_request_id(std::string("\0\r\n", 3))));
}

TEST_CASE("the root of an X-Amzn-Trace-Id header is found in any place", "[http-7][H11]") {
  CHECK(amazon_trace_root("Root=1-67891233-abcdef012345678912345678") ==
        "1-67891233-abcdef012345678912345678");
  CHECK(amazon_trace_root("Self=1-a-b;Root=1-c-d;Sampled=1") == "1-c-d");
  CHECK(amazon_trace_root("Parent=53995c3f42cd8ad8; Root=1-c-d ;Sampled=1") == "1-c-d");
  CHECK(amazon_trace_root("Root=a;Root=b") == "a");
  for (const std::string_view none : {"", "Root", "Root=", "Self=1-a-b", "XRoot=1", ";;;", "Root =1"}) {
    CAPTURE(none);
    CHECK(amazon_trace_root(none).empty());
  }
}

TEST_CASE("a hostile id is replaced by a new one, never repaired", "[BL-10][H11]") {
  const std::string hostile[] = {"",
                                 " ",
                                 "req 1",
                                 "a\r\nSet-Cookie: stolen=1",
                                 "a\nb",
                                 std::string("a\0b", 3),
                                 "a\x1b[31m",
                                 "a\x7f",
                                 "\xc3\xa9",
                                 "\xff",
                                 "\"}",
                                 "<script>",
                                 "a%0d%0ab",
                                 "a,b",
                                 std::string(129, 'x'),
                                 std::string(64 * 1024, 'x')};
  for (const auto& id : hostile) {
    CAPTURE(id.size(), id.substr(0, 40));
    CHECK_FALSE(is_valid_request_id(id));
    const std::string replaced = accept_request_id(id);
    CHECK(is_uuid_4(replaced));
    CHECK(is_valid_request_id(replaced));
  }
}

TEST_CASE("new ids are random UUIDs of version 4, all different", "[BL-10]") {
  const auto ids = new_ids(10'000);
  for (const auto& id : ids)
    if (!is_uuid_4(id)) FAIL(id);
  CHECK(std::set<std::string>(ids.begin(), ids.end()).size() == ids.size());

  // Every digit that is not fixed takes every value.
  for (std::size_t place = 0; place != 36; ++place) {
    std::set<char> seen;
    for (const auto& id : ids) seen.insert(id[place]);
    const bool fixed = place == 8 || place == 13 || place == 14 || place == 18 || place == 23;
    CAPTURE(place);
    CHECK(seen.size() == (fixed ? 1u : place == 19 ? 4u : 16u));
  }
}

TEST_CASE("threads make different ids", "[BL-10]") {
  std::array<std::vector<std::string>, 8> made;
  {
    std::vector<std::jthread> threads;
    for (auto& own : made) threads.emplace_back([&own] { own = new_ids(2'000); });
  }
  std::set<std::string> all;
  for (const auto& own : made) all.insert(own.begin(), own.end());
  CHECK(all.size() == 16'000);
}

TEST_CASE("a forked child makes other ids than its parent and its siblings", "[BL-10]") {
  new_request_id();  // the generator that the children would go on with
  std::set<std::string> all;
  for (int child = 0; child != 3; ++child) {
    const std::string text = http_test::made_in_child([] {
      std::string made;
      for (const auto& id : new_ids(100)) made += id;
      return made;
    });
    REQUIRE(text.size() == 100 * 36);
    for (std::size_t at = 0; at != text.size(); at += 36) all.insert(text.substr(at, 36));
  }
  for (const auto& id : new_ids(100)) all.insert(id);
  CHECK(all.size() == 400);
}

}  // namespace
