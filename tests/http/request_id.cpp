// Request ids: what is accepted from a client, and what new ones look like.
// SPDX-License-Identifier: MIT
#include "ctxlog/http/request_id.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "uuid.hpp"

namespace {

using ctxlog::http::accept_request_id;
using ctxlog::http::is_valid_request_id;
using ctxlog::http::new_request_id;
using http_test::is_uuid_4;

std::vector<std::string> new_ids(std::size_t count) {
  std::vector<std::string> ids(count);
  for (auto& id : ids) id = new_request_id();
  return ids;
}

// What a child process makes after the fork.
std::vector<std::string> new_ids_in_child(std::size_t count) {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const pid_t child = ::fork();
  REQUIRE(child != -1);
  if (child == 0) {
    bool written = true;
    for (const auto& id : new_ids(count)) written &= ::write(ends[1], id.data(), id.size()) == 36;
    ::_exit(written ? 0 : 1);
  }
  ::close(ends[1]);
  std::vector<std::string> ids;
  std::string text;
  std::array<char, 4096> some{};
  for (ssize_t size = 0; (size = ::read(ends[0], some.data(), some.size())) > 0;)
    text.append(some.data(), static_cast<std::size_t>(size));
  ::close(ends[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(status == 0);
  REQUIRE(text.size() == 36 * count);
  for (std::size_t at = 0; at != text.size(); at += 36) ids.push_back(text.substr(at, 36));
  return ids;
}

TEST_CASE("an id of 1 to 128 letters, digits and ._:/+=- is taken as it is", "[BL-10][H11]") {
  for (const std::string id : {"a", "0", "req-12345", "4bf92f3577b34da6a3ce929d0e0e4736",
                               "Root=1-67891233-abcdef012345678912345678", "a.b_c:d/e+f==", "-"})
    CHECK(accept_request_id(id) == id);
  CHECK(accept_request_id(std::string(128, 'x')) == std::string(128, 'x'));
}

TEST_CASE("of the 256 bytes, 69 may stand in an id, in any place", "[H11]") {
  const std::string allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:/+=-";
  int accepted = 0;
  for (int byte = 0; byte != 256; ++byte) {
    const std::string one(1, static_cast<char>(byte));
    const bool expected = allowed.find(one) != allowed.npos;
    CAPTURE(byte);
    CHECK(is_valid_request_id(one) == expected);
    CHECK(is_valid_request_id(one + "a") == expected);
    CHECK(is_valid_request_id("a" + one) == expected);
    accepted += expected;
  }
  CHECK(accepted == 69);
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
                                 "a~b",
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
  for (int child = 0; child != 3; ++child)
    for (const auto& id : new_ids_in_child(100)) all.insert(id);
  for (const auto& id : new_ids(100)) all.insert(id);
  CHECK(all.size() == 400);
}

}  // namespace
