// Output for people: exact lines, texts of several lines, exceptions, colours and when they are on.
// SPDX-License-Identifier: MIT
#include <pty.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include "ctxlog/config.hpp"
#include "ctxlog/ctxlog.hpp"
#include "json.hpp"
#include "support.hpp"

using namespace encoders_test;
using namespace ctxlog::literals;
using namespace std::chrono_literals;
using ctxlog::kv;

namespace {

std::string normalised(const std::string& text) {
  return replaced(replaced(text, R"((^|\x1b\[2m)\d\d:\d\d:\d\d\.\d{3})", "$1T"), R"(pretty\.cpp:\d+)", "P");
}

struct environment_variable {
  std::string name, value;
};

// What a program with these variables prints on a standard error that is a terminal, or a pipe.
std::string printed(const std::vector<environment_variable>& variables, bool terminal) {
  int reader = -1, writer = -1;
  int ends[2];
  if (terminal) {
    REQUIRE(::openpty(&reader, &writer, nullptr, nullptr, nullptr) == 0);
  } else {
    REQUIRE(::pipe(ends) == 0);
    reader = ends[0], writer = ends[1];
  }
  const int status = sinks_test::run_in_child([&] {
    for (const char* name :
         {"NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "CLICOLOR", "LOG_FORMAT", "LOG_FILE"})
      ::unsetenv(name);
    ::setenv("ENV", "DEV", 1);
    ::setenv("TERM", "xterm", 1);
    for (const auto& [name, value] : variables) ::setenv(name.c_str(), value.c_str(), 1);
    ::dup2(writer, STDERR_FILENO);
    ctxlog::configure_from_environment();
    ctxlog::info("printed", "key"_kv = 1);
  });
  const std::string text = sinks_test::read_some(reader, 65536);
  ::close(writer);
  ::close(reader);
  CHECK(status == 0);
  CHECK(text.find("printed") != std::string::npos);
  return text;
}

bool coloured(const std::vector<environment_variable>& variables, bool terminal) {
  return printed(variables, terminal).find('\x1b') != std::string::npos;
}

}  // namespace

TEST_CASE("A pretty line is time, level, message, fields, place") {
  probe pretty(ctxlog::pretty_encoder(false));
  ctxlog::info("order {order_id} placed", "order_id"_kv = 7, "total"_kv = 9.5, "user"_kv = "ada");
  CHECK(normalised(pretty.line()) ==
        "T INFO     order 7 placed                            order_id=7 total=9.5 user=ada  (P)\n");
  CHECK(begins_with_time(pretty.line()));
  ctxlog::logger("net.tls").warn("a message that is longer than its forty columns are", "n"_kv = 1);
  CHECK(normalised(pretty.line()) ==
        "T WARNING  net.tls  a message that is longer than its forty columns are  n=1  (P)\n");
  ctxlog::critical("no fields");
  CHECK(normalised(pretty.line()) == "T CRITICAL no fields                                 (P)\n");
}

TEST_CASE("Messages are padded by the cells they take") {
  probe pretty(ctxlog::pretty_encoder(false));
  ctxlog::info(std::string("日本"), "n"_kv = 1);
  CHECK(normalised(pretty.line()) == "T INFO     日本" + std::string(36, ' ') + "  n=1  (P)\n");
  ctxlog::info(std::string("e\u0301"), "n"_kv = 1);
  CHECK(normalised(pretty.line()) == "T INFO     e\u0301" + std::string(39, ' ') + "  n=1  (P)\n");
}

TEST_CASE("Values show their type and where they end") {
  probe pretty(ctxlog::pretty_encoder(false));
  const auto shown = [&](const auto& value) {
    ctxlog::info("m", kv("k", value));
    const std::string& line = pretty.line();
    const std::size_t begin = line.find("k=") + 2;
    return line.substr(begin, line.rfind("  (") - begin);
  };
  CHECK(shown("word") == "word");
  CHECK(shown("two words") == R"("two words")");
  CHECK(shown("") == R"("")");
  CHECK(shown("42") == R"("42")");
  CHECK(shown("true") == R"("true")");
  CHECK(shown("nan") == R"("nan")");
  CHECK(shown("a=b") == R"("a=b")");
  CHECK(shown("say \"x\"") == R"("say \"x\"")");
  CHECK(shown("a\nb\x1b[31m") == R"("a\nb\u001b[31m")");
  CHECK(shown("Grüße") == "Grüße");
  CHECK(shown(42) == "42");
  CHECK(shown(3.0) == "3.0");
  CHECK(shown(0.1F) == "0.1");
  CHECK(shown(std::nan("")) == "nan");
  CHECK(shown(true) == "true");
  CHECK(shown(nullptr) == "null");
  CHECK(shown(1500us) == "1.5ms");
  CHECK(shown(90s) == "90s");
  CHECK(shown(std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} + 12h) ==
        "2026-11-20T12:00:00.000000Z");
  CHECK(shown(std::vector{1, 2}) == "[1,2]");
  CHECK(shown(nlohmann::json{{"a", "b c"}}) == R"({"a":"b c"})");
}

TEST_CASE("A key of several words is quoted") {
  probe pretty(ctxlog::pretty_encoder(false));
  ctxlog::info("m", kv("two words", 1), kv("a=b", 2), kv("\x1b[2J", 3), kv("", 4));
  CHECK(pretty.line().find(R"(  "two words"=1 "a=b"=2 "\u001b[2J"=3 ""=4  ()") != std::string::npos);
}

TEST_CASE("A message of several lines continues behind the gutter", "[H15]") {
  probe pretty(ctxlog::pretty_encoder(false));
  ctxlog::info(std::string("first\n12:00:00.000 ERROR    forged\r\n\nlast"), "n"_kv = 1);
  CHECK(normalised(pretty.line()) ==
        "T INFO     first                                     n=1  (P)\n"
        "             │ 12:00:00.000 ERROR    forged\\r\n"
        "             │ \n"
        "             │ last\n");
  ctxlog::info(std::string("ends\n"));
  CHECK(normalised(pretty.line()) ==
        "T INFO     ends                                      (P)\n"
        "             │ \n");
}

TEST_CASE("An exception stands below its line with causes and stack") {
  probe pretty(ctxlog::pretty_encoder(false));
  std::exception_ptr caught;
  try {
    try {
      throw std::out_of_range("index 7\nof 3");
    } catch (...) {
      std::throw_with_nested(std::runtime_error("payment failed"));
    }
  } catch (...) {
    caught = std::current_exception();
  }
  ctxlog::error("request failed", "error"_kv = caught, "n"_kv = 1);
  CHECK(normalised(pretty.line())
            .starts_with("T ERROR    request failed                            n=1  (P)\n"
                         "             │ error="));
  CHECK(
      pretty.line().ends_with(": payment failed\n"
                              "             │   caused by std::out_of_range: index 7\n"
                              "             │ of 3\n"));
  require_pretty(pretty.line());

  ctxlog::error("traced", "error"_kv = ctxlog::traced(std::runtime_error("here")));
  CHECK(pretty.line().find("\n             │ error=std::runtime_error: here\n             │   #0 ") !=
        std::string::npos);

  ctxlog::error("other", "error"_kv = std::make_exception_ptr(42));
  CHECK(pretty.line().ends_with("\n             │ error=int\n"));
}

TEST_CASE("An object that only resembles an exception stays a field") {
  probe pretty(ctxlog::pretty_encoder(false));
  using json = nlohmann::ordered_json;
  const json resembling =
      GENERATE(json{{"type", "a"}}, json{{"type", "a"}, {"message", 1}},
               json{{"message", "m"}, {"type", "a"}}, json{{"type", "a"}, {"message", "m"}, {"more", 1}},
               json{{"type", "a"}, {"message", "m"}, {"stack", {1}}},
               json{{"type", "a"}, {"message", "m"}, {"causes", {"b"}}});
  ctxlog::info("m", "k"_kv = resembling);
  CHECK(pretty.line().find("k={\"") != std::string::npos);
  CHECK(sinks_test::split_lines(pretty.line()).size() == 1);
}

TEST_CASE("Colours mark level, keys and place and end where they began") {
  probe colour(ctxlog::pretty_encoder(true));
  ctxlog::logger("net").info("up", "n"_kv = 1);
  CHECK(normalised(colour.line()) == "\x1b[2mT\x1b[0m \x1b[32mINFO\x1b[0m     \x1b[35mnet\x1b[0m  up" +
                                         std::string(38, ' ') + "  \x1b[36mn\x1b[0m=1  \x1b[2m(P)\x1b[0m\n");
  ctxlog::warn("low");
  CHECK(colour.line().find("\x1b[33mWARNING\x1b[0m  \x1b[1mlow\x1b[0m") != std::string::npos);
  ctxlog::log(static_cast<ctxlog::level>(33), "own");
  CHECK(colour.line().find("\x1b[33mLevel 33\x1b[0m ") != std::string::npos);
}

TEST_CASE("Standard error gets colours when it is a terminal that can show them", "[LG-19]") {
  CHECK(coloured({}, true));
  CHECK_FALSE(coloured({}, false));
  CHECK_FALSE(coloured({{"TERM", "dumb"}}, true));
  CHECK_FALSE(coloured({{"TERM", ""}}, true));
  CHECK_FALSE(coloured({{"CLICOLOR", "0"}}, true));
}

TEST_CASE("NO_COLOR forbids colours before FORCE_COLOR demands them", "[LG-19]") {
  CHECK_FALSE(coloured({{"NO_COLOR", "1"}}, true));
  CHECK(coloured({{"NO_COLOR", ""}}, true));
  CHECK_FALSE(coloured({{"NO_COLOR", "1"}, {"FORCE_COLOR", "1"}}, true));
  CHECK(coloured({{"FORCE_COLOR", "1"}}, false));
  CHECK(coloured({{"CLICOLOR_FORCE", "1"}, {"TERM", "dumb"}}, false));
  CHECK_FALSE(coloured({{"FORCE_COLOR", "0"}}, false));
}
