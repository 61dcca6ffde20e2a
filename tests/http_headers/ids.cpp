// Random ids of traces and spans.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <cstdint>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "ctxlog/http/trace_context.hpp"
#include "forked_child.hpp"

namespace {

using ctxlog::http::span_id;
using ctxlog::http::trace_id;

constexpr std::size_t million = 1'000'000;

template <class Id>
std::vector<Id> make(std::size_t count) {
  std::vector<Id> ids;
  ids.reserve(count);
  for (std::size_t i = 0; i != count; ++i) ids.push_back(Id::random());
  return ids;
}

template <class Id>
bool all_differ(std::vector<Id> ids) {
  std::sort(ids.begin(), ids.end());
  return std::adjacent_find(ids.begin(), ids.end()) == ids.end();
}

unsigned digit(char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); }

// Pearson's statistic of the byte at `place`, of 255 degrees of freedom: mean 255, standard deviation 22.6.
template <class Id>
double chi_square(const std::vector<Id>& ids, std::size_t place) {
  std::array<std::uint32_t, 256> seen{};
  for (const Id& id : ids) ++seen[digit(id.text()[2 * place]) * 16 + digit(id.text()[2 * place + 1])];
  const double expected = static_cast<double>(ids.size()) / 256;
  double sum = 0;
  for (const auto count : seen) sum += (count - expected) * (count - expected) / expected;
  return sum;
}

// Eight standard deviations to both sides: chance alone does not leave it, and a constant bit does by far.
template <class Id>
void check_every_byte(const std::vector<Id>& ids, std::size_t size) {
  for (std::size_t place = 0; place != size; ++place) {
    const double statistic = chi_square(ids, place);
    CAPTURE(place, statistic);
    CHECK(std::abs(statistic - 255) < 8 * 22.6);
  }
}

template <class Id>
std::string text_of(std::size_t count) {
  std::string text;
  for (const Id& id : make<Id>(count)) text += id.text();
  return text;
}

TEST_CASE("a million trace ids differ, are not zero and are uniform in all 16 bytes", "[http-4][H11]") {
  const auto ids = make<trace_id>(million);
  CHECK(all_differ(ids));
  CHECK(std::all_of(ids.begin(), ids.end(),
                    [](const trace_id& id) { return trace_id::parse(id.text()) == id; }));
  check_every_byte(ids, 16);
}

TEST_CASE("a million span ids differ, are not zero and are uniform in all 8 bytes", "[http-4][H11]") {
  const auto ids = make<span_id>(million);
  CHECK(all_differ(ids));
  CHECK(
      std::all_of(ids.begin(), ids.end(), [](const span_id& id) { return span_id::parse(id.text()) == id; }));
  check_every_byte(ids, 8);
}

TEST_CASE("the two halves of a trace id differ from each other", "[http-4]") {
  const auto ids = make<trace_id>(10'000);
  CHECK(std::none_of(ids.begin(), ids.end(),
                     [](const trace_id& id) { return id.text().substr(0, 16) == id.text().substr(16); }));
}

TEST_CASE("a forked child makes other trace and span ids than its parent and its siblings", "[http-4]") {
  static_cast<void>(trace_id::random());  // the generator that the children would go on with
  std::set<std::string> all;
  const auto add = [&all](const std::string& text) {
    REQUIRE(text.size() == 100 * 16);
    for (std::size_t at = 0; at != text.size(); at += 16) all.insert(text.substr(at, 16));
  };
  for (int child = 0; child != 3; ++child) {
    add(http_test::made_in_child([] { return text_of<trace_id>(50); }));
    add(http_test::made_in_child([] { return text_of<span_id>(100); }));
  }
  add(text_of<trace_id>(50));
  add(text_of<span_id>(100));
  CHECK(all.size() == 800);
}

TEST_CASE("threads make different span ids", "[http-4]") {
  std::array<std::vector<span_id>, 8> made;
  {
    std::vector<std::jthread> threads;
    for (auto& own : made) threads.emplace_back([&own] { own = make<span_id>(2'000); });
  }
  std::vector<span_id> all;
  for (const auto& own : made) all.insert(all.end(), own.begin(), own.end());
  CHECK(all.size() == 16'000);
  CHECK(all_differ(all));
}

TEST_CASE("an id is read from exactly its digits", "[http-1]") {
  CHECK(span_id::parse("00f067aa0ba902b7")->text() == "00f067aa0ba902b7");
  CHECK(trace_id::parse("00000000000000000000000000000001").has_value());
  CHECK_FALSE(span_id::parse("0000000000000000"));
  CHECK_FALSE(span_id::parse("00f067aa0ba902b"));
  CHECK_FALSE(span_id::parse("00f067aa0ba902b70"));
  CHECK_FALSE(span_id::parse(""));
  for (int byte = 0; byte != 256; ++byte) {
    const char c = static_cast<char>(byte);
    const bool is_digit = std::string("0123456789abcdef").find(c) != std::string::npos;
    for (std::size_t place = 0; place != 16; ++place) {
      std::string text(16, '1');
      text[place] = c;
      if (span_id::parse(text).has_value() != is_digit) FAIL("byte " << byte << " in place " << place);
    }
  }
}

}  // namespace
