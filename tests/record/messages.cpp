// Messages: how holes are filled, what stays as it is written, and what a bad format does.
// SPDX-License-Identifier: MIT
#include <fmt/chrono.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "logger.hpp"

namespace {

using namespace ctxlog::literals;
using ctxlog::kv;
using ctxlog::runtime;
using ctxlog::testing::capture;
using ctxlog::testing::captured_record;
using logger_test::as_json;
using logger_test::clean_logging;
using logger_test::parsed;

class messages : public clean_logging {
 protected:
  std::string last() const { return records.last().message; }
  std::string last_error() const { return records.last().field<std::string>("format_error"); }

  capture records{as_json()};
};

TEST_CASE_METHOD(messages, "positional holes take the arguments that are no fields", "[messages]") {
  ctxlog::info("{} and {}", 1, "two");
  CHECK(last() == "1 and two");
  ctxlog::info("{} and {}", "x"_kv = 9, 1, kv("y", 8), "two");
  CHECK(last() == "1 and two");
  ctxlog::info("{1} before {0}, {0} again", "a", "b");
  CHECK(last() == "b before a, a again");
  ctxlog::info("{} {} {} {} {} {} {} {} {} {} {}", 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
  CHECK(last() == "0 1 2 3 4 5 6 7 8 9 10");
  ctxlog::info("{10}{0}", 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
  CHECK(last() == "100");
}

TEST_CASE_METHOD(messages, "named holes take the field of that name", "[messages]") {
  ctxlog::info("order {order_id} of {customer}", "order_id"_kv = 42, "customer"_kv = "Ann");
  CHECK(last() == "order 42 of Ann");
  CHECK(records.last().message_template == "order {order_id} of {customer}");
  CHECK(records.last().field<int>("order_id") == 42);
  ctxlog::info("order {order_id} of {customer}", kv("order_id", 42), kv("customer", "Ann"));
  CHECK(last() == "order 42 of Ann");
  ctxlog::info("{a}{}{b}{}", "a"_kv = 1, "x", kv("b", 2), "y");
  CHECK(last() == "1x2y");
}

TEST_CASE_METHOD(messages, "specifications are those of fmt", "[messages]") {
  ctxlog::info("{:.1f}|{:>6}|{:<6}|{:^6}|{:#x}|{:+d}|{:06.2f}", 1.25, "ab", "ab", "ab", 255, 7, 3.14159);
  CHECK(last() == "1.2|    ab|ab    |  ab  |0xff|+7|003.14");
  ctxlog::info("{x:.1f}|{s:>6}|{b:d}|{u:x}", "x"_kv = 1.25, "s"_kv = "ab", "b"_kv = true, "u"_kv = 255u);
  CHECK(last() == "1.2|    ab|1|ff");
  ctxlog::info("{x:.1f}|{s:>6}|{b:d}", kv("x", 1.25), kv("s", "ab"), kv("b", true));
  CHECK(last() == "1.2|    ab|1");
  ctxlog::info("{:%H:%M}", std::chrono::seconds(3660));
  CHECK(last() == "01:01");
}

TEST_CASE_METHOD(messages, "a specification may have holes of its own", "[messages]") {
  ctxlog::info("{:>{}}|{:.{}f}", "ab", 6, 3.14159, 2);
  CHECK(last() == "    ab|3.14");
  ctxlog::info("{0:>{1}}", "ab", 6);
  CHECK(last() == "    ab");
}

TEST_CASE_METHOD(messages, "doubled braces are braces", "[messages][LG-24]") {
  ctxlog::info("{{}} {{{}}} {{x}}", 5);
  CHECK(last() == "{} {5} {x}");
  ctxlog::info("{{{x}}}", "x"_kv = 5);
  CHECK(last() == "{5}");
  ctxlog::info("no arguments: {{}}");
  CHECK(last() == "no arguments: {}");
}

TEST_CASE("the plain holes of a message are known unless another brace, length or number forbids it",
          "[messages]") {
  using ctxlog::detail::plain_holes;
  constexpr plain_holes none("no holes"), three("{} of {}, {}"), six("{}{}{}{}{}{}");
  STATIC_CHECK((none.are_known() && none.count() == 0));
  STATIC_CHECK((three.are_known() && three.count() == 3));
  STATIC_CHECK((three.text_before(0) == 0 && three.text_before(1) == 4 && three.text_before(2) == 2));
  STATIC_CHECK((six.are_known() && six.count() == 6));
  for (const char* text : {"{}{}{}{}{}{}{}", "{", "}", "{{}}", "{} {", "{}}", "{x}", "{0}", "{:>4}"})
    CHECK_FALSE(plain_holes(text).are_known());
  CHECK(plain_holes(std::string(254, '-') + "{}").are_known());
  CHECK_FALSE(plain_holes(std::string(255, '-') + "{}").are_known());
}

TEST_CASE_METHOD(messages, "a message with plain holes says what it says when it is read at run time",
                 "[messages]") {
  const auto both = [&](const auto& log, std::string_view text, const auto&... args) {
    log(args...);
    const std::string written = last();
    ctxlog::info(runtime(text), args...);
    CHECK(written == last());
    CHECK_FALSE(records.last().has("format_error"));
  };
#define BOTH(text, ...) both([](const auto&... args) { ctxlog::info(text, args...); }, text, __VA_ARGS__)
  BOTH("{}", 1);
  BOTH("{}{}", std::string(40, 'x'), "");
  BOTH("order {} of {} is {}", 42, "Ann", true);
  BOTH("{} {} {} {}", 1.5, 'c', -7, std::string_view("v"));
  BOTH("{} as JSON {}", std::vector<int>{1, 2}, std::optional<int>());
  BOTH("a text of more than thirty-two characters before {} and after", std::chrono::seconds(3));
  BOTH("{}, {}, {}, {}, {}, {} and then {}", 1, 2, 3, 4, 5, 6, 7);
#undef BOTH
}

TEST_CASE_METHOD(messages, "a hole that nothing fills stays as it is written", "[messages][LG-24]") {
  ctxlog::info("{unknown} {unknown:>5} {x}", kv("x", 1));
  CHECK(last() == "{unknown} {unknown:>5} 1");
  CHECK_FALSE(records.last().has("format_error"));
  ctxlog::info(runtime("{nope} {}"), 5);
  CHECK(last() == "{nope} 5");
}

TEST_CASE_METHOD(messages, "a string object is logged as it is", "[messages][LG-24]") {
  const std::string from_outside = "{} {x} {:%d} }{ {{ \x1b[31m\n\xff";
  ctxlog::info(from_outside);
  CHECK(last() == from_outside);
  ctxlog::info(from_outside, kv("x", 1));
  CHECK(last() == from_outside);
  CHECK(records.last().field<int>("x") == 1);
  ctxlog::info(std::string_view(from_outside));
  CHECK(last() == from_outside);
  ctxlog::info(from_outside.c_str());
  CHECK(last() == from_outside);
  CHECK_FALSE(records.last().has("format_error"));
}

TEST_CASE_METHOD(messages, "what an argument or a field says is never a format", "[messages][LG-24]") {
  ctxlog::info("{} {x} {y:>4}", "{} {x}", "x"_kv = "{0} {{", "y"_kv = "{}");
  CHECK(last() == "{} {x} {0} {{   {}");
}

TEST_CASE_METHOD(messages,
                 "a named hole is filled from bound, ambient and global fields when a field is dynamic",
                 "[messages]") {
  ctxlog::configure({.fields = ctxlog::fields(kv("region", "eu"))});
  const auto ambient = ctxlog::with_fields(kv("user", "ann"));
  const auto log = ctxlog::logger("cart").bind(kv("cart", 7));
  log.info("{user} in {region} fills {cart} with {item}", kv("item", "tea"));
  CHECK(last() == "ann in eu fills 7 with tea");
  log.info(runtime("{user} in {region} fills {cart}"));
  CHECK(last() == "ann in eu fills 7");
  log.info("{cart} is shadowed", kv("cart", 8));
  CHECK(last() == "8 is shadowed");
}

TEST_CASE_METHOD(messages, "a runtime message is filled like a literal", "[messages]") {
  const std::string text = "{} {:>4} {x} {x:>3}|";
  ctxlog::info(runtime(text), 1, "ab", kv("x", 5));
  CHECK(last() == "1   ab 5   5|");
  ctxlog::info(runtime("{:%H}"), std::chrono::hours(3));
  CHECK(last() == "03");
}

TEST_CASE_METHOD(messages, "a runtime message that cannot be filled says so and stays as it is",
                 "[messages][LG-24][H15]") {
  ctxlog::info(runtime("{} {}"), 5);
  CHECK(last() == "{} {}");
  CHECK(last_error() == "the message has more holes than arguments");
  ctxlog::info(runtime("{7}"), 5);
  CHECK(last_error() == "the message has more holes than arguments");
  ctxlog::info(runtime("{99999999999999999999}"), 5);
  CHECK(last_error() == "a hole's number is not a number");
  ctxlog::info(runtime("{1x}"), 5);
  CHECK(last_error() == "a hole's number is not a number");
  ctxlog::info(runtime("{"), 5);
  CHECK(last_error() == "unmatched '{' in the message");
  ctxlog::info(runtime("a } b"), 5);
  CHECK(last_error() == "unmatched '}' in the message");
  ctxlog::info(runtime("{:>"), 5);
  CHECK(last_error() == "unmatched '{' in the message");
  ctxlog::info(runtime("{:>{}"), 5, 6);
  CHECK(last_error() == "unmatched '{' in the message");
  ctxlog::info(runtime("{:d}"), "text");
  CHECK(last() == "{:d}");
  CHECK(records.last().has("format_error"));
  ctxlog::info(runtime("{x:d}"), kv("x", "text"));
  CHECK(records.last().has("format_error"));
  ctxlog::info(runtime("{:>{}}"), 5, "no number");
  CHECK(records.last().has("format_error"));
  ctxlog::info(runtime("{:>999999999999}"), 5);
  CHECK(records.last().has("format_error"));
}

TEST_CASE_METHOD(messages, "no random runtime message throws or loses its record", "[messages][LG-24][H15]") {
  std::uint64_t state = 42;
  const auto next = [&] { return state = state * 6364136223846793005U + 1442695040888963407U, state >> 33; };
  constexpr std::string_view alphabet = "{}{}{}:<>01xa.";
  for (int i = 0; i < 20'000; ++i) {
    std::string text(next() % 12, ' ');
    for (char& c : text) c = alphabet[next() % alphabet.size()];
    records.clear();
    ctxlog::info(runtime(text), 1, "two", kv("x", 3.5), kv("a", true));
    REQUIRE(records.size() == 1);
  }
}

TEST_CASE_METHOD(messages, "the template is in the JSON line only where the message differs from it",
                 "[messages]") {
  ctxlog::info("plain");
  CHECK_FALSE(parsed(records.last()).contains("template"));
  ctxlog::info("{}", 1);
  CHECK(parsed(records.last())["template"] == "{}");
}

TEST_CASE_METHOD(messages, "values without a specification read naturally", "[messages]") {
  using namespace std::chrono;
  ctxlog::info("{a} {b} {c} {d} {e}", "a"_kv = 1500ms, "b"_kv = nullptr, "c"_kv = std::vector{1, 2},
               "d"_kv = sys_days(2026y / November / 20), "e"_kv = 0.1f);
  CHECK(last() == "1.5s null [1,2] 2026-11-20T00:00:00.000000Z 0.1");
}

}  // namespace
