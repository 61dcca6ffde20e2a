// Lines of the user's own making: the names, the errors, the escaping.
// SPDX-License-Identifier: MIT
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <stdexcept>
#include <string>

#include "ctxlog/config.hpp"
#include "ctxlog/ctxlog.hpp"
#include "support.hpp"

using namespace encoders_test;
using namespace ctxlog::literals;
using ctxlog::kv;

namespace {

void place(const ctxlog::logger& log) { log.info("m", "id"_kv = "r 1", "at"_kv = std::vector{1}); }

}  // namespace

TEST_CASE("The pattern of the blog post gives its four fields", "[BL-06]") {
  probe pattern(ctxlog::pattern_encoder("{time} | {level} | {message} | {extra}"));
  const auto ambient = ctxlog::with_fields(kv("request_id", "req-12345"));
  ctxlog::info("Processing payment", "amount"_kv = 9.5);
  CHECK(matches(pattern.line(), R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z \| INFO \| Processing payment \| )"
                                R"(\{"request_id":"req-12345","amount":9\.5\}\n)"));
}

TEST_CASE("Sinks and their patterns are replaceable at run time", "[BL-06]") {
  {
    probe first(ctxlog::pattern_encoder("1 {message}"));
    ctxlog::info("a");
    CHECK(first.line() == "1 a\n");
  }
  ctxlog::remove_sinks();
  probe second(ctxlog::pattern_encoder("2 {message}"));
  ctxlog::info("b");
  CHECK(second.line() == "2 b\n");
}

TEST_CASE("A pattern knows every name of its documentation") {
  probe pattern(ctxlog::pattern_encoder(
      "{{{logger}}} {file} {function} {thread} {extra[id]} {extra[at]} [{extra[none]}] {extra}"));
  ctxlog::set_thread_name("worker");
  place(ctxlog::logger("a.b"));
  ctxlog::set_thread_name("");
  CHECK(pattern.line() == "{a.b} pattern.cpp place worker r 1 [1] [] {\"id\":\"r 1\",\"at\":[1]}\n");

  probe numbers(ctxlog::pattern_encoder("{line} {thread}"));
  ctxlog::info("m");
  CHECK(matches(numbers.line(), R"(\d+ \d+\n)"));
}

TEST_CASE("A pattern without a name is a text") {
  probe pattern(ctxlog::pattern_encoder(""));
  ctxlog::info("m");
  CHECK(pattern.line() == "\n");
}

TEST_CASE("Data in a pattern's line cannot leave the line or reach the terminal", "[H15]") {
  probe pattern(ctxlog::pattern_encoder("{logger} {message} {extra[k]} {extra}"));
  ctxlog::logger("l\n\x1b[2J").info(std::string("a\nb\x1b[31m\u202e{extra}"), kv("k", "\r\x9b"), kv("\n", 1));
  CHECK(pattern.line() == R"(l\n\u001b[2J a\nb\u001b[31m\u202e{extra} \r)"
                          "\ufffd"
                          R"( {"k":"\r)"
                          "\ufffd"
                          R"(","\n":1})"
                          "\n");
}

TEST_CASE("A pattern that cannot be understood is refused with what is wrong") {
  const auto [text, reason] = GENERATE(table<std::string, std::string>({
      {"{tmie}", "{tmie} is none of {time}"},
      {"{level:<8}", "{level:<8} is none of"},
      {"{}", "{} is none of"},
      {"{extra[]}", "{extra[]} is none of"},
      {"ab {message", "unmatched '{' at byte 3"},
      {"ab }", "unmatched '}' at byte 3"},
  }));
  try {
    ctxlog::pattern_encoder(text);
    FAIL("accepted " << text);
  } catch (const std::invalid_argument& refused) {
    const std::string what = refused.what();
    CAPTURE(what);
    CHECK(what.find("\"" + text + "\"") != std::string::npos);
    CHECK(what.find(reason) != std::string::npos);
  }
}
