// The baggage header: its grammar, percent-encoding and limits.
// SPDX-License-Identifier: MIT
#include "ctxlog/http/baggage.hpp"

#include <catch2/catch_test_macros.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using ctxlog::http::baggage;

baggage parse(const std::vector<std::string>& lines) {
  const std::vector<std::string_view> views(lines.begin(), lines.end());
  return baggage::parse(views);
}

using members = std::vector<baggage::member>;

struct vector {
  std::vector<std::string> lines;
  members read;
  std::string sent;
};

const vector vectors[] = {
    {{}, {}, ""},
    {{""}, {}, ""},
    {{"a=1"}, {{"a", "1", ""}}, "a=1"},
    {{"a=1,b=2"}, {{"a", "1", ""}, {"b", "2", ""}}, "a=1,b=2"},
    {{"a=1", "b=2"}, {{"a", "1", ""}, {"b", "2", ""}}, "a=1,b=2"},
    {{" a \t=\t 1 , b = 2\t"}, {{"a", "1", ""}, {"b", "2", ""}}, "a=1,b=2"},
    {{"a="}, {{"a", "", ""}}, "a="},
    {{"a=b=c"}, {{"a", "b=c", ""}}, "a=b=c"},
    {{"a=="}, {{"a", "=", ""}}, "a=="},
    {{"a=1,a=2"}, {{"a", "1", ""}, {"a", "2", ""}}, "a=1,a=2"},
    {{"!#$%&'*+-.^_`|~09azAZ=1"}, {{"!#$%&'*+-.^_`|~09azAZ", "1", ""}}, "!#$%&'*+-.^_`|~09azAZ=1"},
    {{"a=!#$&'()*+-./:<=>?@[]^_`{|}~"},
     {{"a", "!#$&'()*+-./:<=>?@[]^_`{|}~", ""}},
     "a=!#$&'()*+-./:<=>?@[]^_`{|}~"},
    // percent-encoding
    {{"a=%20"}, {{"a", " ", ""}}, "a=%20"},
    {{"a=1+1"}, {{"a", "1+1", ""}}, "a=1+1"},
    {{"a=%41%5a"}, {{"a", "AZ", ""}}, "a=AZ"},
    {{"a=%2C%3b%5C%22%25"}, {{"a", ",;\\\"%", ""}}, "a=%2C%3B%5C%22%25"},
    {{"a=%E2%82%ac"}, {{"a", "\u20ac", ""}}, "a=%E2%82%AC"},
    {{"a=%0d%0aX:1"}, {{"a", "\r\nX:1", ""}}, "a=%0D%0AX:1"},
    {{"a=%00"}, {{"a", std::string(1, '\0'), ""}}, "a=%00"},
    {{"a=%7F"}, {{"a", "\x7f", ""}}, "a=%7F"},
    {{"a=%2541"}, {{"a", "%41", ""}}, "a=%2541"},
    {{"a=%FF"}, {{"a", "\ufffd", ""}}, "a=%EF%BF%BD"},
    {{"a=%C3x"}, {{"a", "\ufffdx", ""}}, "a=%EF%BF%BDx"},
    {{"a=%ED%A0%80"}, {{"a", "\ufffd\ufffd\ufffd", ""}}, "a=%EF%BF%BD%EF%BF%BD%EF%BF%BD"},
    {{"a=%E2%82"}, {{"a", "\ufffd", ""}}, "a=%EF%BF%BD"},
    {{"%41=1"}, {{"%41", "1", ""}}, "%41=1"},
    // properties
    {{"a=1;p"}, {{"a", "1", "p"}}, "a=1;p"},
    {{"a=1;p=2;q"}, {{"a", "1", "p=2;q"}}, "a=1;p=2;q"},
    {{"a=1 ; p = 2 ;\tq\t, b=2"}, {{"a", "1", "p=2;q"}, {"b", "2", ""}}, "a=1;p=2;q,b=2"},
    {{"a=1;p=%20%zz"}, {{"a", "1", "p=%20%zz"}}, "a=1;p=%20%zz"},
    {{"a=1;p="}, {{"a", "1", "p="}}, "a=1;p="},
    {{"a=1;p=x=y"}, {{"a", "1", "p=x=y"}}, "a=1;p=x=y"},
    {{"a=;p"}, {{"a", "", "p"}}, "a=;p"},
};

TEST_CASE("baggage is read and sent on as the grammar says", "[http-5][H11]") {
  for (const auto& [lines, read, sent] : vectors) {
    CAPTURE(lines);
    const baggage parsed = parse(lines);
    CHECK(members(parsed.members().begin(), parsed.members().end()) == read);
    CHECK(parsed.text() == sent);
    CHECK(parsed.empty() == sent.empty());
    CHECK(parse({parsed.text()}).text() == sent);
  }
}

TEST_CASE("a member that breaks a rule is left out and the others stay", "[http-5][H11]") {
  const std::string broken[] = {"",
                                "b",
                                "=1",
                                "b b=1",
                                "b\"=1",
                                "b(=1",
                                "\xc3\xb6=1",
                                "b=1 2",
                                "b=\"1\"",
                                "b=\\",
                                "b=\x7f",
                                "b=\xc3\xb6",
                                "b=\x01",
                                "b=1\r\nX: 1",
                                "b=%",
                                "b=%4",
                                "b=%4g",
                                "b=%g4",
                                "b=%%41",
                                "b=%-1",
                                "b=1;",
                                "b=1;;p",
                                "b=1;p q",
                                "b=1;p=\"",
                                "b=1;=1",
                                "b=1;p=a b",
                                "b;p=1",
                                "b=1;p=\x1b",
                                "b\n=1",
                                "\nb=1",
                                std::string("b=\0", 3),
                                std::string("b\0=", 3),
                                ";",
                                "[b]=1"};
  for (const auto& member : broken) {
    CAPTURE(member);
    CHECK(parse({member}).empty());
    CHECK(parse({"a=1," + member + ",c=3"}).text() == "a=1,c=3");
  }
}

TEST_CASE("of the 256 bytes only those of the grammar stand raw in what is sent", "[http-5][H11]") {
  for (int byte = 0; byte != 256; ++byte) {
    baggage made;
    made.set("k", std::string(1, static_cast<char>(byte)));
    const std::string text = made.text();
    CAPTURE(byte, text);
    for (const char c : text.substr(2))
      CHECK((c > ' ' && c < 0x7f && c != '"' && c != ',' && c != ';' && c != '\\'));
    REQUIRE(parse({text}).find("k"));
    CHECK(*parse({text}).find("k") == (byte < 0x80 ? std::string(1, static_cast<char>(byte)) : "\ufffd"));
  }
}

std::string many(std::size_t count) {
  std::string list;
  for (std::size_t i = 0; i != count; ++i) list += (i == 0 ? "k" : ",k") + std::to_string(i) + "=v";
  return list;
}

TEST_CASE("64 members travel, and those beyond do not", "[http-5][H11]") {
  CHECK(parse({many(64)}).text() == many(64));
  CHECK(parse({many(65)}).text() == many(64));
  CHECK(parse({many(64), "z=1"}).members().size() == 64);
  CHECK(parse({"bad member," + many(64)}).text() == many(64));
  CHECK(parse({many(70'000)}).members().size() == 64);
}

TEST_CASE("8192 bytes of all lines together travel, and a member beyond does not", "[http-5][H11]") {
  const auto value = [](std::size_t size) { return std::string(size, 'v'); };
  const std::string all = "a=" + value(8190);
  REQUIRE(all.size() == 8192);
  CHECK(parse({all}).text() == all);
  CHECK(parse({all + "v"}).empty());
  const std::string first = "a=" + value(4000), second = "b=" + value(8192 - 4002 - 1 - 2);
  REQUIRE(first.size() + 1 + second.size() == 8192);
  CHECK(parse({first + "," + second}).text() == first + "," + second);
  CHECK(parse({first, second}).text() == first + "," + second);
  CHECK(parse({first, second + "v"}).text() == first);
  CHECK(parse({first + ";" + value(4188) + "v," + second}).text() == first + ";" + value(4189));
}

TEST_CASE("what grows when it is encoded again is measured as it is sent", "[http-5]") {
  std::string line = "a=";
  for (int i = 0; i != 1'000; ++i) line += "%FF";
  CHECK(parse({line}).empty());
  CHECK(parse({line.substr(0, 2 + 3 * 910)}).text().size() == 2 + 9 * 910);
}

TEST_CASE("a set value takes the place of the older ones of its key", "[http-5]") {
  baggage made = parse({"a=1;p,b=2,a=3"});
  made.set("a", "new value");
  CHECK(made.text() == "a=new%20value,b=2");
  made.set("c", "\xff");
  CHECK(made.text() == "a=new%20value,b=2,c=%EF%BF%BD");
  REQUIRE(made.find("c"));
  CHECK(*made.find("c") == "\ufffd");
  CHECK_FALSE(made.find("d"));
  CHECK_FALSE(made.find("A"));
}

TEST_CASE("a key that is no token is refused", "[http-5]") {
  baggage made;
  for (const std::string key : {"", "a b", "a=", "a,b", "a;", "a\r\n", "\xc3\xb6", "\"a\""})
    CHECK_THROWS_AS(made.set(key, "1"), std::invalid_argument);
  CHECK(made.empty());
}

TEST_CASE("a value beyond the limits is refused and changes nothing", "[http-5]") {
  baggage made;
  made.set("a", "1");
  CHECK_THROWS_AS(made.set("b", std::string(8187, 'v')), std::length_error);
  CHECK_THROWS_AS(made.set("a", std::string(2731, ' ')), std::length_error);
  CHECK(made.text() == "a=1");
  made.set("b", std::string(8186, 'v'));
  CHECK(made.text().size() == 8192);

  baggage full = parse({many(64)});
  CHECK_THROWS_AS(full.set("z", ""), std::length_error);
  full.set("k0", "new");
  CHECK(full.members().size() == 64);
  CHECK(full.text().starts_with("k0=new,k1=v"));
}

}  // namespace
