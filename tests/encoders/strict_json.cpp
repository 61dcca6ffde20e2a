// The strict reader that the other tests rely on refuses what it promises to refuse.
// SPDX-License-Identifier: MIT
#include "strict_json.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <cstdint>
#include <string>

TEST_CASE("The strict reader reads typed values by path", "[strict_json]") {
  const auto line = strict_json::parse(
      R"({"a.b":1,"o":{"list":[true,null,-2.5,"\u202ex"]},"big":18446744073709551615,"low":-9223372036854775808})"
      "\n");
  CHECK(line.get<int>("a.b") == 1);
  CHECK(line.get<bool>("o", "list", 0));
  CHECK(line.type("o", "list", 1) == "null");
  CHECK(line.get<double>("o", "list", 2) == -2.5);
  CHECK(line.get<std::string>("o", "list", 3) == "\u202ex");
  CHECK(line.get<std::uint64_t>("big") == UINT64_MAX);
  CHECK(line.get<std::int64_t>("low") == INT64_MIN);
  CHECK(line.keys() == std::vector<std::string>{"a.b", "o", "big", "low"});
  CHECK(line.size("o", "list") == 4);
  CHECK(line.text("o", "list", 0) == "true");
  CHECK_FALSE(line.has("o", "none"));
}

TEST_CASE("The strict reader converts nothing", "[strict_json]") {
  const auto line = strict_json::parse(R"({"i":3,"d":3.0,"s":"3","big":256})");
  CHECK_THROWS_AS(line.get<double>("i"), strict_json::error);
  CHECK_THROWS_AS(line.get<int>("d"), strict_json::error);
  CHECK_THROWS_AS(line.get<int>("s"), strict_json::error);
  CHECK_THROWS_AS(line.get<std::uint8_t>("big"), strict_json::error);
  CHECK_THROWS_AS(line.get<int>("absent"), strict_json::error);
}

TEST_CASE("The strict reader refuses what some reader would refuse or misread", "[strict_json]") {
  const auto refused =
      GENERATE(as<std::string>{}, "", "[]", "1", "{\"a\":1}{\"b\":2}", "{\"a\":1}\n{\"b\":2}\n",
               "{\"a\":1}\n\n", "{\"a\":1,\"a\":2}", "{\"o\":[{\"a\":1,\"\\u0061\":2}]}", "{\"a\":NaN}",
               "{\"a\":Infinity}", "{\"a\":01}", "{\"a\":\"\x01\"}", "{\"a\":\"\x7f\"}",
               "{\"a\":\"\xc2\x85\"}", "{\"a\":\"\xe2\x80\xae\"}", "{\"a\":\"\xe2\x80\xa8\"}",
               "{\"a\":\"\xff\"}", "{\"a\":\"\xed\xa0\x80\"}", "{\"a\":\"\\ud800\"}", "{\"a\":\"\\udc00\"}",
               "{\"a\":1\r}", "{\"a\":1,}", "{'a':1}", "\xef\xbb\xbf{\"a\":1}");
  CAPTURE(refused);
  CHECK_THROWS_AS(strict_json::parse(refused), strict_json::error);
}

TEST_CASE("The strict reader notices a torn last line", "[strict_json]") {
  CHECK(strict_json::parse_lines("{\"a\":1}\n{\"a\":2}\n").size() == 2);
  CHECK_THROWS_AS(strict_json::parse_lines("{\"a\":1}\n{\"a\":2}"), strict_json::error);
}
