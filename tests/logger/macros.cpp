// Macros: arguments that are not evaluated, calls that are not there.
// SPDX-License-Identifier: MIT
#include "ctxlog/macros.hpp"

#include <fstream>
#include <iterator>
#include <string>

#include "logger.hpp"

namespace {

using namespace ctxlog::literals;
using ctxlog::kv;
using ctxlog::level;
using ctxlog::testing::capture;
using logger_test::clean_logging;
using logger_test::run_child;

int evaluations = 0;
int expensive() { return ++evaluations; }

TEST_CASE_METHOD(clean_logging, "a macro evaluates its arguments only when the record is made",
                 "[LG-07][macros]") {
  evaluations = 0;
  const ctxlog::logger log("macros");
  log.set_level(level::warn);
  capture records;
  CTXLOG_LOG(log, level::info, "{} {x}", expensive(), "x"_kv = expensive());
  CHECK(evaluations == 0);
  CTXLOG_LOG(log, level::warn, "{}", expensive());
  CHECK(evaluations == 1);
  CHECK(records.only().message == "1");
  log.info("{}", expensive());  // a function cannot
  CHECK(evaluations == 2);
  log.inherit_level();
}

TEST_CASE_METHOD(clean_logging, "there is a macro for every level of the root logger", "[macros]") {
  ctxlog::set_level(level::off);
  evaluations = 0;
  CTXLOG_TRACE("{}", expensive());
  CTXLOG_CRITICAL("{}", expensive());
  CHECK(evaluations == 0);
  ctxlog::set_level(level::trace);
  capture records;
  CTXLOG_TRACE("x");
  CTXLOG_DEBUG("x {}", 1);
  CTXLOG_INFO("x {y}", kv("y", 1));
  CTXLOG_WARN(std::string("x"));
  CTXLOG_ERROR("x");
  CTXLOG_CRITICAL("x");
  const level expected[] = {level::trace, level::debug, level::info,
                            level::warn,  level::error, level::critical};
  const auto all = records.all();
  REQUIRE(all.size() == 6);
  for (std::size_t i = 0; i < 6; ++i) CHECK(all[i].level == expected[i]);
}

TEST_CASE_METHOD(clean_logging, "a macro is one statement and its logger is evaluated once", "[macros]") {
  capture records;
  int made = 0;
  const auto make = [&] { return ++made, ctxlog::logger("macros").bind(kv("k", 1)); };
  if (made == 0)
    CTXLOG_LOG(make(), level::info, "then");
  else
    CTXLOG_LOG(make(), level::info, "else");
  CHECK(made == 1);
  CHECK(records.only().message == "then");
  CHECK(records.only().field<int>("k") == 1);
}

TEST_CASE("calls below CTXLOG_STRIP_BELOW are not in the program, the others are", "[macros]") {
  const auto child = run_child("logger_stripped", {}, {"ENV=PROD", "LOG_LEVEL=trace"});
  CHECK(child.status == 0);
  CHECK(child.errors.empty());
  CHECK(child.output_lines().size() == 3);
  std::ifstream file(CTXLOG_CHILDREN_DIR "/logger_stripped", std::ios::binary);
  const std::string program{std::istreambuf_iterator<char>(file), {}};
  CHECK(program.find("this one is kept") != std::string::npos);
  CHECK(program.find("this one is strip"
                     "ped") == std::string::npos);
}

}  // namespace
