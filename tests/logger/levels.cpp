// Levels: names and numbers, hierarchical loggers, changes at run time.
// SPDX-License-Identifier: MIT
#include <atomic>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "logger.hpp"

namespace {

using ctxlog::define_level;
using ctxlog::kv;
using ctxlog::level;
using ctxlog::logger;
using ctxlog::parse_level;
using ctxlog::testing::capture;
using logger_test::as_json;
using logger_test::clean_logging;
using logger_test::parsed;

TEST_CASE("the named levels have loguru's numbers", "[LG-09]") {
  CHECK(static_cast<int>(level::trace) == 5);
  CHECK(static_cast<int>(level::debug) == 10);
  CHECK(static_cast<int>(level::info) == 20);
  CHECK(static_cast<int>(level::warn) == 30);
  CHECK(static_cast<int>(level::error) == 40);
  CHECK(static_cast<int>(level::critical) == 50);
  CHECK(ctxlog::level_name(level::warn) == "warn");
  CHECK(ctxlog::level_label(level::warn) == "WARNING");
}

TEST_CASE_METHOD(clean_logging, "an application defines levels of its own", "[LG-09]") {
  const level success = define_level("success", 25, "✅");
  CHECK(define_level("SUCCESS", 25) == success);
  CHECK(ctxlog::level_name(success) == "success");
  CHECK(ctxlog::level_label(success) == "SUCCESS");
  CHECK(ctxlog::level_icon(success) == "✅");
  CHECK(parse_level("Success") == success);
  capture records(as_json());
  const logger log("levels");
  log.set_level(success);
  log.info("below");
  log.log(success, "at");
  log.warn("above");
  REQUIRE(records.size() == 2);
  CHECK(parsed(records.all()[0])["level"] == "success");
  log.inherit_level();
}

TEST_CASE_METHOD(clean_logging, "a number without a name is a level too", "[LG-09]") {
  capture records(as_json());
  ctxlog::log(static_cast<level>(33), "x");
  CHECK(parsed(records.only())["level"] == "level 33");
  CHECK(ctxlog::level_label(static_cast<level>(33)) == "Level 33");
  CHECK(ctxlog::level_icon(static_cast<level>(33)) == " ");
}

TEST_CASE("a level keeps its meaning: what contradicts it is refused with a clear text", "[LG-09]") {
  const auto refusal = [](auto... arguments) -> std::string {
    try {
      define_level(arguments...);
      return "accepted";
    } catch (const std::invalid_argument& e) {
      return e.what();
    }
  };
  define_level("notice", 26);
  CHECK(refusal("notice", std::uint8_t{27}) == "level \"notice\" is already number 26, not 27");
  CHECK(refusal("other", std::uint8_t{26}) == "level 26 is already named \"notice\", not \"other\"");
  CHECK(refusal("info", std::uint8_t{21}) == "level \"info\" is already number 20, not 21");
  CHECK(refusal("mine", std::uint8_t{20}) == "level 20 is already named \"info\", not \"mine\"");
  CHECK(refusal("warning", std::uint8_t{31}) != "accepted");
  CHECK(refusal("x", std::uint8_t{0}) == "level \"x\": number 0 is not from 1 to 254");
  CHECK(refusal("x", std::uint8_t{255}) == "level \"x\": number 255 is not from 1 to 254");
  CHECK(refusal("", std::uint8_t{60}) != "accepted");
  CHECK(refusal("two words", std::uint8_t{60}) != "accepted");
  CHECK(refusal("a=b", std::uint8_t{60}) != "accepted");
}

TEST_CASE("levels are read in any case, by their aliases and by number", "[LG-09]") {
  CHECK(parse_level("TRACE") == level::trace);
  CHECK(parse_level("Warning") == level::warn);
  CHECK(parse_level("err") == level::error);
  CHECK(parse_level("FATAL") == level::critical);
  CHECK(parse_level("off") == level::off);
  CHECK(parse_level("none") == level::off);
  CHECK(parse_level("1") == static_cast<level>(1));
  CHECK(parse_level("254") == static_cast<level>(254));
  for (const char* bad : {"", "0", "255", "-1", "1x", " info", "inf", "99999999999999999999"})
    CHECK_FALSE(parse_level(bad));
  CHECK_FALSE(parse_level(std::string(1000, 'x')));
}

TEST_CASE_METHOD(clean_logging, "a logger takes its level from the nearest name above that has one",
                 "[levels]") {
  const logger a("lv.a"), ab("lv.a.b"), abc("lv.a.b.c"), other("lv.ab");
  const auto shown = [&](const logger& lg) { return lg.level(); };
  ctxlog::set_level(level::warn);
  CHECK(shown(abc) == level::warn);
  a.set_level(level::debug);
  CHECK(shown(abc) == level::debug);
  CHECK(shown(other) == level::warn);  // a prefix of letters is no parent
  ab.set_level(level::error);
  CHECK(shown(abc) == level::error);
  CHECK(shown(a) == level::debug);
  CHECK_FALSE(abc.enabled(level::warn));
  CHECK(logger("lv.a.b.new").level() == level::error);
  CHECK_FALSE(logger("lv.a.b.newer").enabled(level::warn));
  ab.inherit_level();
  CHECK(shown(abc) == level::debug);
  CHECK(abc.enabled(level::debug));
  a.inherit_level();
  CHECK(shown(abc) == level::warn);
  ctxlog::set_level(level::trace);
  CHECK(shown(abc) == level::trace);
}

TEST_CASE_METHOD(clean_logging, "the empty name and \"root\" are the root logger", "[levels]") {
  logger("root").set_level(level::error);
  CHECK(logger("").level() == level::error);
  capture records;
  ctxlog::warn("off");
  logger("").warn("off");
  CHECK(records.size() == 0);
  logger("").error("on");
  CHECK(records.only().logger == "root");
}

TEST_CASE_METHOD(clean_logging, "at level off nothing is logged, not even at level off", "[levels]") {
  const logger log("levels.off");
  log.set_level(level::off);
  capture records;
  log.critical("x");
  log.log(static_cast<level>(254), "x");
  log.log(level::off, "x");
  ctxlog::log(level::off, "x");
  CHECK(records.size() == 0);
  log.inherit_level();
}

TEST_CASE_METHOD(clean_logging, "a level is for the name: all handles of it, bound and patched ones too",
                 "[levels]") {
  const logger one("levels.shared");
  const auto two = one.bind(kv("k", 1)).patch([](ctxlog::record&) {});
  one.set_level(level::error);
  CHECK_FALSE(two.enabled(level::warn));
  two.inherit_level();
  CHECK(one.enabled(level::warn));
}

TEST_CASE_METHOD(clean_logging, "a level set on another thread is seen", "[levels]") {
  const logger log("levels.thread");
  log.set_level(level::error);
  CHECK_FALSE(log.enabled(level::debug));
  std::thread([&] { log.set_level(level::debug); }).join();
  CHECK(log.enabled(level::debug));
  log.inherit_level();
}

TEST_CASE_METHOD(clean_logging, "levels change while other threads log and make loggers", "[levels]") {
  std::atomic<bool> done{false};
  capture records;
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; !done; ++i) {
        logger("race." + std::to_string(t) + "." + std::to_string(i % 50)).debug("x");
        logger("race.kept").error("x");
      }
    });
  for (int i = 0; i < 300; ++i) {
    logger("race").set_level(i % 2 == 0 ? level::error : level::trace);
    records.clear();
  }
  done = true;
  for (auto& thread : threads) thread.join();
  logger("race").inherit_level();
  CHECK(logger("race.0.1").enabled(level::trace));
}

}  // namespace
