// Every call knows its own place: file, line and the bare name of the function.
// SPDX-License-Identifier: MIT
#include <string>

#include "logger.hpp"

namespace {

using ctxlog::kv;
using ctxlog::level;
using ctxlog::testing::capture;
using ctxlog::testing::captured_record;
using logger_test::as_json;
using logger_test::clean_logging;
using logger_test::parsed;

class places : public clean_logging {
 protected:
  void check_last(int line, const std::string& function) const {
    const auto rec = records.last();
    CHECK(rec.where.file_name() == "source.cpp");
    CHECK(rec.where.line == line);
    CHECK(rec.where.function == function);
    const auto json = parsed(rec);
    CHECK(json["file"] == "source.cpp");
    CHECK(json["line"] == line);
    CHECK(json["function"] == function);
  }

  capture records{as_json()};
};

// clang-format off
int log_free() { ctxlog::info("x {}", 1); return __LINE__; }
int log_plain_text() { ctxlog::warn(std::string("x")); return __LINE__; }
int log_runtime() { ctxlog::error(ctxlog::runtime("x {}"), 1); return __LINE__; }
int log_level() { ctxlog::log(level::info, "x", kv("k", 1)); return __LINE__; }
int log_member(const ctxlog::logger& lg) { lg.critical("x {}", 1); return __LINE__; }
int log_member_level(const ctxlog::logger& lg) { lg.log(level::debug, "x"); return __LINE__; }
int log_macro() { CTXLOG_INFO("x {}", 1); return __LINE__; }
int log_macro_logger(const ctxlog::logger& lg) { CTXLOG_LOG(lg, level::info, "x"); return __LINE__; }
// clang-format on

TEST_CASE_METHOD(places, "free functions, members and macros give the place of the call", "[source][LG-16]") {
  const ctxlog::logger log("places");
  check_last(log_free(), "log_free");
  check_last(log_plain_text(), "log_plain_text");
  check_last(log_runtime(), "log_runtime");
  check_last(log_level(), "log_level");
  check_last(log_member(log), "log_member");
  check_last(log_member_level(log), "log_member_level");
  check_last(log_member(log.bind(kv("k", 1))), "log_member");
  check_last(log_macro(), "log_macro");
  check_last(log_macro_logger(log), "log_macro_logger");
}

TEST_CASE_METHOD(places, "each level's function and member gives the place of the call", "[source]") {
  const ctxlog::logger log("places");
  int line = 0;
  // clang-format off
  const auto check = [&] { CHECK(records.last().where.line == line); };
  ctxlog::trace("x"); line = __LINE__; check();
  ctxlog::debug("x"); line = __LINE__; check();
  ctxlog::info("x"); line = __LINE__; check();
  ctxlog::warn("x"); line = __LINE__; check();
  ctxlog::error("x"); line = __LINE__; check();
  ctxlog::critical("x"); line = __LINE__; check();
  log.trace("x"); line = __LINE__; check();
  log.debug("x"); line = __LINE__; check();
  log.info("x"); line = __LINE__; check();
  log.warn("x"); line = __LINE__; check();
  log.error("x"); line = __LINE__; check();
  log.critical("x"); line = __LINE__; check();
  // clang-format on
}

TEST_CASE_METHOD(places, "in a lambda the function is its call operator", "[source]") {
  // clang-format off
  const auto job = [] { ctxlog::info("x"); return __LINE__; };
  // clang-format on
  check_last(job(), "operator()");
}

template <class T>
int log_in_template(const T& v) {
  ctxlog::info("x {}", v);
  return __LINE__ - 1;
}

TEST_CASE_METHOD(places, "in a template the function has its name, with some compilers its arguments",
                 "[source]") {
  const int line = log_in_template(1);
  const auto rec = records.last();
  CHECK(rec.where.line == line);
  CHECK(rec.where.function.starts_with("log_in_template"));
}

}  // namespace
