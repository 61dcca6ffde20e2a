// The traceparent header: what is accepted, what goes out.
// SPDX-License-Identifier: MIT
#include <catch2/catch_test_macros.hpp>
#include <string>

#include "ctxlog/http/trace_context.hpp"

namespace {

using ctxlog::http::random_trace_id_flag;
using ctxlog::http::sampled_flag;
using ctxlog::http::span_id;
using ctxlog::http::trace_id;
using ctxlog::http::trace_parent;

#define TRACE "0af7651916cd43dd8448eb211c80319c"
#define SPAN "b7ad6b7169203331"
#define IDS TRACE "-" SPAN

struct vector {
  std::string header;
  std::string goes_on_as = "";  // what the same trace_parent is written as; empty: a new trace
};

const vector vectors[] = {
    // flags: two bits are known, others are not sent
    {"00-" IDS "-00", "00-" IDS "-00"},
    {"00-" IDS "-01", "00-" IDS "-01"},
    {"00-" IDS "-02", "00-" IDS "-02"},
    {"00-" IDS "-03", "00-" IDS "-03"},
    {"00-" IDS "-04", "00-" IDS "-00"},
    {"00-" IDS "-05", "00-" IDS "-01"},
    {"00-" IDS "-fe", "00-" IDS "-02"},
    {"00-" IDS "-ff", "00-" IDS "-03"},
    {"00-" IDS "-80", "00-" IDS "-00"},
    {"00-" IDS "-10", "00-" IDS "-00"},
    {"00-" IDS "-0A"},
    {"00-" IDS "-.0"},
    {"00-" IDS "-0."},
    {"00-" IDS "-0g"},
    {"00-" IDS "-1"},
    {"00-" IDS "-"},
    {"00-" IDS},
    {"00-" IDS "-001"},
    {"00-" IDS "- 1"},
    // blanks around it, and only these
    {" 00-" IDS "-01", "00-" IDS "-01"},
    {"00-" IDS "-01 ", "00-" IDS "-01"},
    {"\t 00-" IDS "-01 \t\t", "00-" IDS "-01"},
    {"\n00-" IDS "-01"},
    {"00-" IDS "-01\r"},
    {"00-" IDS "-01\r\n"},
    {"00-" IDS "-01\v"},
    {std::string("00-" IDS "-01\0", 56)},
    // version
    {"00-" IDS "-01-"},
    {"00-" IDS "-01-what-the-future-will-be-like"},
    {"00-" IDS "-01.what"},
    {"01-" IDS "-01", "00-" IDS "-01"},
    {"01-" IDS "-01-", "00-" IDS "-01"},
    {"cc-" IDS "-01", "00-" IDS "-01"},
    {"cc-" IDS "-01-what-the-future-will-be-like", "00-" IDS "-01"},
    {"cc-" IDS "-01-\x01\xff", "00-" IDS "-01"},
    {"cc-" IDS "-01.what-the-future-will-be-like"},
    {"cc-" IDS "-011"},
    {"cc-" IDS "-0"},
    {"fe-" IDS "-ff-x", "00-" IDS "-03"},
    {"ff-" IDS "-01"},
    {"ff-" IDS "-01-x"},
    {"FF-" IDS "-01"},
    {"CC-" IDS "-01"},
    {".0-" IDS "-01"},
    {"0.-" IDS "-01"},
    {"0-" IDS "-01"},
    {"000-" IDS "-01"},
    {"-" IDS "-01"},
    // trace id
    {"00-00000000000000000000000000000000-" SPAN "-01"},
    {"00-00000000000000000000000000000001-" SPAN "-01", "00-00000000000000000000000000000001-" SPAN "-01"},
    {"00-10000000000000000000000000000000-" SPAN "-01", "00-10000000000000000000000000000000-" SPAN "-01"},
    {"00-ffffffffffffffffffffffffffffffff-" SPAN "-01", "00-ffffffffffffffffffffffffffffffff-" SPAN "-01"},
    {"00-0AF7651916CD43DD8448EB211C80319C-" SPAN "-01"},
    {"00-0af7651916cd43dd8448eb211c80319C-" SPAN "-01"},
    {"00-.af7651916cd43dd8448eb211c80319c-" SPAN "-01"},
    {"00-0af7651916cd43dd8448eb211c80319.-" SPAN "-01"},
    {"00-0af7651916cd43dd8448eb211c80319-" SPAN "-01"},
    {"00-0af7651916cd43dd8448eb211c80319cc-" SPAN "-01"},
    {"00-0af7651916cd43dd-" SPAN "-01"},
    {"00-0af7651916cd43dd8448eb211c80319 -" SPAN "-01"},
    // parent id
    {"00-" TRACE "-0000000000000000-01"},
    {"00-" TRACE "-0000000000000001-01", "00-" TRACE "-0000000000000001-01"},
    {"00-" TRACE "-ffffffffffffffff-01", "00-" TRACE "-ffffffffffffffff-01"},
    {"00-" TRACE "-B7AD6B7169203331-01"},
    {"00-" TRACE "-b7ad6b716920333g-01"},
    {"00-" TRACE "-.7ad6b7169203331-01"},
    {"00-" TRACE "-b7ad6b716920333-01"},
    {"00-" TRACE "-b7ad6b71692033311-01"},
    // form
    {""},
    {" "},
    {"-"},
    {"00"},
    {"00_" IDS "-01"},
    {"00-" TRACE "_" SPAN "-01"},
    {"00-" IDS "_01"},
    {"00 " TRACE " " SPAN " 01"},
    {"00-" IDS "-01,00-" IDS "-01"},
    {std::string(55, '-')},
    {std::string(55, '0')},
    {std::string(70'000, 'a')},
};

TEST_CASE("every traceparent goes on exactly as the specification says, or starts a new trace",
          "[http-1][H11]") {
  STATIC_REQUIRE(std::size(vectors) >= 60);
  for (const auto& [header, goes_on_as] : vectors) {
    CAPTURE(header.substr(0, 80));
    const auto parsed = trace_parent::parse(header);
    CHECK((parsed ? parsed->text() : "") == goes_on_as);
  }
}

TEST_CASE("of every flags byte the sampled and the random bit are copied and no other is sent",
          "[http-1][http-3]") {
  constexpr std::string_view digits = "0123456789abcdef";
  for (unsigned byte = 0; byte != 256; ++byte) {
    const std::string flags{digits[byte / 16], digits[byte % 16]};
    const auto parsed = trace_parent::parse("00-" IDS "-" + flags);
    REQUIRE(parsed);
    CAPTURE(flags);
    CHECK(parsed->flags == (byte & 3));
    CHECK(parsed->sampled() == ((byte & 1) != 0));
    CHECK(parsed->child().flags == parsed->flags);
  }
}

TEST_CASE("flags set by hand are sent without unknown bits", "[http-3]") {
  const trace_parent parent{*trace_id::parse(TRACE), *span_id::parse(SPAN), 0xfd};
  CHECK(parent.text() == "00-" IDS "-01");
}

TEST_CASE("every string of fewer than 55 bytes of a valid header is refused", "[http-1]") {
  const std::string whole = "00-" IDS "-01";
  REQUIRE(trace_parent::parse(whole));
  for (std::size_t size = 0; size != whole.size(); ++size) {
    CHECK_FALSE(trace_parent::parse(std::string_view(whole).substr(0, size)));
    CHECK_FALSE(trace_parent::parse(std::string_view(whole).substr(whole.size() - size)));
  }
}

TEST_CASE("what goes out is read back as what it was", "[http-3][H11]") {
  for (int i = 0; i != 1'000; ++i) {
    const trace_parent started = trace_parent::start();
    const std::string text = started.text();
    CAPTURE(text);
    CHECK(text.size() == 55);
    CHECK(text.starts_with("00-"));
    CHECK(trace_parent::parse(text) == started);
    CHECK(trace_parent::parse(started.child().text())->trace_id == started.trace_id);
  }
}

TEST_CASE("a new trace says that its id is random and is not sampled", "[http-3]") {
  const trace_parent started = trace_parent::start();
  CHECK(started.flags == random_trace_id_flag);
  CHECK_FALSE(started.sampled());
  CHECK(trace_parent::start().trace_id != started.trace_id);
}

TEST_CASE("each outgoing request has a span id of its own in the same trace", "[http-3][H11]") {
  const auto caller = trace_parent::parse("00-" IDS "-03");
  REQUIRE(caller);
  const trace_parent first = caller->child(), second = caller->child();
  CHECK(first.trace_id == caller->trace_id);
  CHECK(second.trace_id == caller->trace_id);
  CHECK(first.span_id != caller->span_id);
  CHECK(first.span_id != second.span_id);
  CHECK(first.flags == (sampled_flag | random_trace_id_flag));
}

}  // namespace
