// The tracestate header: what is accepted, changed and sent on.
// SPDX-License-Identifier: MIT
#include <catch2/catch_test_macros.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "ctxlog/http/trace_context.hpp"

namespace {

using ctxlog::http::trace_state;

constexpr std::size_t no_limit = 1'000'000;

trace_state parse(const std::vector<std::string>& lines) {
  const std::vector<std::string_view> views(lines.begin(), lines.end());
  return trace_state::parse(views);
}

std::string parsed(const std::string& line) { return parse({line}).text(no_limit); }

// a0=1,a1=1 and so on
std::string members(int count, int first = 0) {
  std::string list;
  for (int i = first; i != first + count; ++i) list += (i == first ? "a" : ",a") + std::to_string(i) + "=1";
  return list;
}

std::string of_size(std::size_t size, char c = 'x') { return std::string(size, c); }

struct vector {
  std::vector<std::string> lines;
  std::string sent = "";  // empty: no header
};

const vector vectors[] = {
    {{}},
    {{""}},
    {{"foo=1"}, "foo=1"},
    {{"foo=1,bar=2"}, "foo=1,bar=2"},
    {{"bar=2,foo=1"}, "bar=2,foo=1"},
    // several lines, empty and blank members
    {{"foo=1", "bar=2"}, "foo=1,bar=2"},
    {{"foo=1", "", "bar=2"}, "foo=1,bar=2"},
    {{"", "foo=1"}, "foo=1"},
    {{"foo=1", ""}, "foo=1"},
    {{"foo=1,bar=2", "rojo=1,congo=2", "baz=3"}, "foo=1,bar=2,rojo=1,congo=2,baz=3"},
    {{"foo=1,"}, "foo=1"},
    {{",foo=1"}, "foo=1"},
    {{",,,"}},
    {{" , \t,"}},
    {{"foo=1,,,bar=2"}, "foo=1,bar=2"},
    {{"foo=1, ,\t,bar=2"}, "foo=1,bar=2"},
    {{"foo=1", " "}, "foo=1"},
    // blanks
    {{"foo=1 \t , \t bar=2, \t baz=3"}, "foo=1,bar=2,baz=3"},
    {{"foo=1\t,\tbar=2"}, "foo=1,bar=2"},
    {{" foo=1 "}, "foo=1"},
    {{"foo=1 ", "\tbar=2"}, "foo=1,bar=2"},
    {{"foo= 1"}, "foo= 1"},
    {{"foo=   a b"}, "foo=   a b"},
    {{"foo =1"}},
    {{"foo\t=1"}},
    {{"foo= "}},
    {{"foo=\t"}},
    {{"foo=a\tb"}},
    {{"foo=1\n"}},
    {{"foo=1\r"}},
    {{"\nfoo=1"}},
    {{"foo=1,\n,bar=2"}},
    // keys
    {{"1=1"}, "1=1"},
    {{"z=1"}, "z=1"},
    {{"0a=1"}, "0a=1"},
    {{"abcdefghijklmnopqrstuvwxyz0123456789_-*/@=1"}, "abcdefghijklmnopqrstuvwxyz0123456789_-*/@=1"},
    {{"foo@=1,bar=2"}, "foo@=1,bar=2"},
    {{"foo@@bar=1"}, "foo@@bar=1"},
    {{"foo@bar@baz=1"}, "foo@bar@baz=1"},
    {{"foo@0=1"}, "foo@0=1"},
    {{"fw529a3039@dt=FfAAAAC"}, "fw529a3039@dt=FfAAAAC"},
    {{"@foo=1"}},
    {{"@=1"}},
    {{"_foo=1"}},
    {{"-foo=1"}},
    {{"*foo=1"}},
    {{"/foo=1"}},
    {{"FOO=1"}},
    {{"fOo=1"}},
    {{"foo.bar=1"}},
    {{"foo$=1"}},
    {{"foo bar=1"}},
    {{"foo\x7f=1"}},
    {{"fo\xc3\xb6=1"}},
    {{std::string("fo\0=1", 5)}},
    {{"=1"}},
    {{"="}},
    {{of_size(256) + "=1"}, of_size(256) + "=1"},
    {{of_size(257) + "=1"}},
    {{of_size(241) + "@" + of_size(14) + "=1"}, of_size(241) + "@" + of_size(14) + "=1"},
    {{of_size(242) + "@" + of_size(14) + "=1"}},
    {{"foo=1," + of_size(257) + "=1"}},
    // values
    {{"foo"}},
    {{"foo="}},
    {{"foo=,bar=2"}},
    {{"foo=bar=baz"}},
    {{"foo=1="}},
    {{"foo=1;bar:2"}, "foo=1;bar:2"},
    {{"foo=1;bar=2"}},
    {{"foo=!\"#$%&'()*+-./:;<>?@[\\]^_`{|}~"}, "foo=!\"#$%&'()*+-./:;<>?@[\\]^_`{|}~"},
    {{"foo=\x1f"}},
    {{"foo=\x7f"}},
    {{"foo=\x80"}},
    {{"foo=\xff"}},
    {{std::string("foo=a\0b", 7)}},
    {{"foo=" + of_size(256)}, "foo=" + of_size(256)},
    {{"foo=" + of_size(257)}},
    {{"foo=" + of_size(255, ' ') + "x"}, "foo=" + of_size(255, ' ') + "x"},
    {{"foo=" + of_size(256, ' ') + "x"}},
    {{"foo=" + of_size(256) + "   "}, "foo=" + of_size(256)},
    // one bad member, all go
    {{"foo=1,bar"}},
    {{"foo=1", "BAR=2"}},
    {{"foo 1", "bar=2"}},
    // number
    {{members(32)}, members(32)},
    {{members(33)}},
    {{members(16), members(16, 16)}, members(32)},
    {{members(16), members(17, 16)}},
    {{members(32) + ",,, ,"}, members(32)},
    {{members(32), "a0=2"}},
    {{of_size(70'000, ',')}},
    {{of_size(70'000, ',') + "foo=1"}, "foo=1"},
    {{of_size(70'000)}},
    // duplicates: the first stays
    {{"foo=1,foo=1"}, "foo=1"},
    {{"foo=1,foo=2"}, "foo=1"},
    {{"foo=1,bar=2,foo=3,baz=4"}, "foo=1,bar=2,baz=4"},
    {{"foo=1", "foo=2"}, "foo=1"},
    {{"foo=1,foo="}},
};

TEST_CASE("every tracestate is sent on exactly as the specification says, or not at all", "[http-2][H11]") {
  STATIC_REQUIRE(std::size(vectors) >= 60);
  for (const auto& [lines, sent] : vectors) {
    CAPTURE(lines.size(), lines.empty() ? "" : lines[0].substr(0, 80));
    const trace_state state = parse(lines);
    CHECK(state.text(no_limit) == sent);
    CHECK(state.empty() == sent.empty());
    CHECK(parse({state.text(no_limit)}) == state);
  }
}

TEST_CASE("of the 256 bytes only those of the grammar may stand in a key and in a value", "[http-2]") {
  const std::string of_keys = "abcdefghijklmnopqrstuvwxyz0123456789_-*/@";
  for (int byte = 0; byte != 256; ++byte) {
    const char c = static_cast<char>(byte);
    CAPTURE(byte);
    const bool of_list = c == ',' || c == '=';
    if (!of_list) CHECK(parsed(std::string("k") + c + "y=1").empty() == (of_keys.find(c) == of_keys.npos));
    if (c != ',')
      CHECK(parsed(std::string("k=v") + c + "v").empty() == (byte < 0x20 || byte > 0x7e || c == '='));
  }
}

TEST_CASE("a value is found by its key", "[http-2]") {
  const trace_state state = parse({"foo=1,bar= 2"});
  CHECK(state.find("foo") == "1");
  CHECK(state.find("bar") == " 2");
  CHECK_FALSE(state.find("ba"));
  CHECK_FALSE(state.find("barr"));
  CHECK_FALSE(state.find(""));
  CHECK_FALSE(trace_state().find("foo"));
}

TEST_CASE("an own entry goes to the front in place of its older value", "[http-2][H11]") {
  CHECK(trace_state().with("own", "1").text() == "own=1");
  CHECK(parse({"a=1,b=2"}).with("own", "3").text() == "own=3,a=1,b=2");
  CHECK(parse({"a=1,own=2,b=3"}).with("own", "4").text() == "own=4,a=1,b=3");
  CHECK(parse({"own=1"}).with("own", " 2").text() == "own= 2");
  const trace_state before = parse({"a=1"});
  CHECK(before.with("own", "2").find("a") == "1");
  CHECK(before.text() == "a=1");
}

TEST_CASE("an own entry in a full list takes the place of the last one", "[http-2][H11]") {
  CHECK(parse({members(32)}).with("own", "1").text(no_limit) == "own=1," + members(31));
  CHECK(parse({members(32)}).with("a31", "2").text(no_limit) == "a31=2," + members(31));
  CHECK(parse({members(32)}).with("a0", "2").text(no_limit) == "a0=2," + members(31, 1));
}

TEST_CASE("an own entry that breaks the grammar is refused", "[http-2]") {
  const trace_state state;
  for (const std::string key : {"", "Own", "own=", "o,n", "@own", "o\nn", "own "})
    CHECK_THROWS_AS(state.with(key, "1"), std::invalid_argument);
  for (const std::string value : {"", " ", "a ", "a,b", "a=b", "a\r\nb", "\x7f"})
    CHECK_THROWS_AS(state.with("own", value), std::invalid_argument);
  CHECK_THROWS_AS(state.with(of_size(257), "1"), std::invalid_argument);
  CHECK_THROWS_AS(state.with("own", of_size(257)), std::invalid_argument);
  CHECK(state.with(of_size(256), of_size(256)).text(no_limit).size() == 513);
}

TEST_CASE("what is too long is cut by whole members, those above 128 bytes first", "[http-2][H11]") {
  const std::string large = "l=" + of_size(127), fits = "f=" + of_size(126);
  REQUIRE(large.size() == 129);
  REQUIRE(fits.size() == 128);
  CHECK(parse({"a=1,b=2"}).text(7) == "a=1,b=2");
  CHECK(parse({"a=1,b=2"}).text(6) == "a=1");
  CHECK(parse({"a=1,b=2"}).text(3) == "a=1");
  CHECK(parse({"a=1,b=2"}).text(2).empty());
  CHECK(parse({"a=1"}).text(0).empty());
  CHECK(parse({large + ",a=1,b=2"}).text(128) == "a=1,b=2");
  CHECK(parse({fits + ",a=1,b=2"}).text(128) == fits);
  CHECK(parse({large + ",m" + large + ",a=1"}).text(133) == large + ",a=1");
  CHECK(parse({"a=1," + large}).text() == "a=1," + large);
}

TEST_CASE("512 bytes are sent by default and all of them if they fit", "[http-2]") {
  const std::string first = "a=" + of_size(126), three = first + ",b=" + of_size(126) + ",c=" + of_size(126);
  const std::string exact = three + ",d=" + of_size(512 - 386 - 3);
  REQUIRE(exact.size() == 512);
  CHECK(parse({exact}).text() == exact);
  CHECK(parse({exact + "x"}).text() == three);
}

}  // namespace
