// Zipkin's trace headers.
// SPDX-License-Identifier: MIT
#include "ctxlog/http/b3.hpp"

#include <catch2/catch_test_macros.hpp>
#include <string>

namespace {

using ctxlog::http::b3_headers;
using ctxlog::http::parse_b3;

#define TRACE "80f198ee56343ba864fe8b2a57d3eff7"
#define SHORT "64fe8b2a57d3eff7"
#define SPAN "e457b5a2e4d86bd1"

std::string written(const b3_headers& headers) {
  const auto parsed = parse_b3(headers);
  return parsed ? parsed->text() : "";
}

struct vector {
  std::string header, goes_on_as = "";
};

const vector single[] = {
    {TRACE "-" SPAN, "00-" TRACE "-" SPAN "-00"},
    {TRACE "-" SPAN "-0", "00-" TRACE "-" SPAN "-00"},
    {TRACE "-" SPAN "-1", "00-" TRACE "-" SPAN "-01"},
    {TRACE "-" SPAN "-d", "00-" TRACE "-" SPAN "-01"},
    {TRACE "-" SPAN "-1-05e3ac9a4f6e3b90", "00-" TRACE "-" SPAN "-01"},
    {TRACE "-" SPAN "-0-0000000000000000", "00-" TRACE "-" SPAN "-00"},
    {SHORT "-" SPAN "-1", "00-0000000000000000" SHORT "-" SPAN "-01"},
    {" \t" TRACE "-" SPAN "-1 ", "00-" TRACE "-" SPAN "-01"},
    {"0"},
    {"1"},
    {"d"},
    {""},
    {"-"},
    {TRACE},
    {TRACE "-"},
    {TRACE "-" SPAN "-"},
    {TRACE "-" SPAN "-2"},
    {TRACE "-" SPAN "-D"},
    {TRACE "-" SPAN "-true"},
    {TRACE "-" SPAN "-11"},
    {TRACE "-" SPAN "--05e3ac9a4f6e3b90"},
    {TRACE "-" SPAN "-05e3ac9a4f6e3b90"},
    {TRACE "-" SPAN "-1-"},
    {TRACE "-" SPAN "-1-05e3ac9a4f6e3b9"},
    {TRACE "-" SPAN "-1-05E3ac9a4f6e3b90"},
    {TRACE "-" SPAN "-1-05e3ac9a4f6e3b90-"},
    {TRACE "-" SPAN "-1-05e3ac9a4f6e3b90-1"},
    {"-" TRACE "-" SPAN},
    {TRACE "--" SPAN},
    {"0" TRACE "-" SPAN},
    {"0" SHORT "-" SPAN},
    {"80F198EE56343BA864FE8B2A57D3EFF7-" SPAN "-1"},
    {TRACE "-E457B5A2E4D86BD1-1"},
    {"0000000000000000-" SPAN "-1"},
    {"00000000000000000000000000000000-" SPAN "-1"},
    {TRACE "-0000000000000000-1"},
    {TRACE "-" SPAN "-1\n"},
    {TRACE " -" SPAN "-1"},
    {std::string(70'000, '-')},
};

TEST_CASE("the header b3 is read exactly as its form says", "[http-6][H11]") {
  for (const auto& [header, goes_on_as] : single) {
    CAPTURE(header.substr(0, 80));
    CHECK(written({.b3 = header}) == goes_on_as);
  }
}

TEST_CASE("without b3 the X-B3 headers are read", "[http-6][H11]") {
  const std::string sampled = "00-" TRACE "-" SPAN "-01", unsampled = "00-" TRACE "-" SPAN "-00";
  CHECK(written({.trace_id = TRACE, .span_id = SPAN}) == unsampled);
  CHECK(written({.trace_id = TRACE, .span_id = SPAN, .sampled = "1"}) == sampled);
  CHECK(written({.trace_id = TRACE, .span_id = SPAN, .sampled = "true"}) == sampled);
  CHECK(written({.trace_id = TRACE, .span_id = SPAN, .sampled = "0"}) == unsampled);
  CHECK(written({.trace_id = TRACE, .span_id = SPAN, .sampled = "false"}) == unsampled);
  CHECK(written({.trace_id = TRACE, .span_id = SPAN, .sampled = "2"}) == unsampled);
  CHECK(written({.trace_id = TRACE, .span_id = SPAN, .flags = "1"}) == sampled);
  CHECK(written({.trace_id = TRACE, .span_id = SPAN, .flags = "0"}) == unsampled);
  CHECK(written({.trace_id = TRACE, .span_id = SPAN, .sampled = "0", .flags = "1"}) == sampled);
  CHECK(written({.trace_id = SHORT, .span_id = SPAN}) == "00-0000000000000000" SHORT "-" SPAN "-00");
  CHECK(written({.trace_id = " " TRACE " ", .span_id = "\t" SPAN, .sampled = " 1"}) == sampled);
}

TEST_CASE("X-B3 headers without both ids say nothing", "[http-6]") {
  CHECK(written({}).empty());
  CHECK(written({.trace_id = TRACE}).empty());
  CHECK(written({.span_id = SPAN}).empty());
  CHECK(written({.sampled = "1"}).empty());
  CHECK(written({.trace_id = "", .span_id = ""}).empty());
  CHECK(written({.trace_id = TRACE, .span_id = TRACE}).empty());
  CHECK(written({.trace_id = "0000000000000000", .span_id = SPAN}).empty());
  CHECK(written({.trace_id = TRACE "\n", .span_id = SPAN}).empty());
}

TEST_CASE("b3 alone counts when it is there", "[http-6][H11]") {
  const b3_headers both{.b3 = SHORT "-" SPAN "-0", .trace_id = TRACE, .span_id = SPAN, .sampled = "1"};
  CHECK(written(both) == "00-0000000000000000" SHORT "-" SPAN "-00");
  CHECK(written({.b3 = "0", .trace_id = TRACE, .span_id = SPAN}).empty());
  CHECK(written({.b3 = "garbage", .trace_id = TRACE, .span_id = SPAN}).empty());
}

}  // namespace
