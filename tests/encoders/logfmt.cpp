// logfmt: the pairs, their quoting and their keys, read by go-logfmt's rules.
// SPDX-License-Identifier: MIT
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <chrono>
#include <limits>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "ctxlog/config.hpp"
#include "ctxlog/ctxlog.hpp"
#include "support.hpp"

using namespace encoders_test;
using namespace ctxlog::literals;
using ctxlog::kv;
using keys = std::vector<std::string>;

namespace {

// The pairs of the fields as they stand on the line.
std::string fields_of(const probe& logfmt) {
  return replaced(logfmt.line(), R"(^ts=.* thread=\d+ ?(.*)\n$)", "$1");
}

}  // namespace

TEST_CASE("A logfmt line has the record's pairs, then those of the fields") {
  probe logfmt(ctxlog::logfmt_encoder());
  ctxlog::logger("shop.orders").info("order {order_id} placed", "order_id"_kv = 7, "paid"_kv = true);
  CHECK(replaced(replaced(logfmt.line(), R"(ts=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)", "ts=T"),
                 R"(logfmt.cpp:\d+ function=\S+ thread=\d+)", "C") ==
        "ts=T level=info msg=\"order 7 placed\" logger=shop.orders caller=C "
        "template=\"order {order_id} placed\" order_id=7 paid=true\n");
  ctxlog::set_thread_name("a worker");
  ctxlog::info("named");
  CHECK(logfmt.logfmt()["thread_name"] == "a worker");
  ctxlog::set_thread_name("");
}

TEST_CASE("Values are quoted when go-logfmt quotes them") {
  probe logfmt(ctxlog::logfmt_encoder());
  constexpr double infinite = std::numeric_limits<double>::infinity();
  ctxlog::info("values", "word"_kv = "w", "blank"_kv = "a b", "equals"_kv = "a=b", "quote"_kv = "a\"b",
               "line"_kv = "a\nb", "slash"_kv = "a\\b", "empty"_kv = "", "nil"_kv = nullptr,
               "null"_kv = "null", "utf8"_kv = "é", "bidi"_kv = "a\u202eb", "broken"_kv = "a\xff",
               "real"_kv = 3.0, "down"_kv = -infinite, "took"_kv = std::chrono::microseconds(1500),
               "at"_kv = std::chrono::sys_days{std::chrono::year{2026} / 11 / 20},
               "list"_kv = std::vector{1, 2}, "map"_kv = std::map<std::string, int>{{"a", 1}},
               "secret"_kv = ctxlog::secret(std::string("hush")), "error"_kv = std::runtime_error("gone"));
  CHECK(fields_of(logfmt) ==
        R"(word=w blank="a b" equals="a=b" quote="a\"b" line="a\nb" slash=a\b empty= nil=null null="null" )"
        R"(utf8=é bidi="a\u202eb" broken=")"
        "a\ufffd"
        R"(" real=3.0 down=-Infinity took=0.0015 at=2026-11-20T00:00:00.000000Z list=[1,2] )"
        R"(map="{\"a\":1}" secret=*** error="{\"type\":\"std::runtime_error\",\"message\":\"gone\"}")");
  CHECK(logfmt.logfmt()["map"] == R"({"a":1})");
}

TEST_CASE("Keys lose what cannot stand in one, and stay apart") {
  probe logfmt(ctxlog::logfmt_encoder());
  const auto ambient = ctxlog::with_fields(kv("a b", "ambient"));
  for (int i = 0; i < 2; ++i) {  // the second time from the caches
    ctxlog::info("keys", "ab"_kv = "call", "a=b"_kv = 3, "level"_kv = "l", kv("le vel", 4), kv("", 5),
                 kv("\"", 6), kv("fields.level", 7), kv("x\u2028y\xff", 8));
    CHECK(fields_of(logfmt) ==
          "ab_2=ambient ab=call ab_3=3 fields.level=l fields.level_2=4 _=5 __2=6 fields.fields.level=7 xy=8");
    CHECK(logfmt.logfmt()["level"] == "info");
  }
}

TEST_CASE("Levels of the application's own stand under their names") {
  probe logfmt(ctxlog::logfmt_encoder());
  ctxlog::log(ctxlog::define_level("success", 25, "✅"), "x");
  CHECK(logfmt.logfmt()["level"] == "success");
  ctxlog::log(static_cast<ctxlog::level>(33), "x");
  CHECK(logfmt.logfmt()["level"] == "level 33");
}

TEST_CASE("The strict logfmt reader refuses what go-logfmt refuses", "[strict_logfmt]") {
  const auto refused =
      GENERATE(as<std::string>{}, "a=b", "a\n", "=b\n", "a=b  c=d\n", "a=\"b\n", "a=\"b\"c=d\n", "a=b\"\n",
               "a=b=c\n", "a=\"\\x\"\n", "a=1 a=2\n", "a\"b=c\n", "a=\x01\n", "a=\"\x7f\"\n", "a=\xff\n");
  CAPTURE(refused);
  CHECK_THROWS_AS(strict_logfmt::parse(refused), strict_json::error);
}

TEST_CASE("The strict logfmt reader reads what it accepts", "[strict_logfmt]") {
  const auto line = strict_logfmt::parse("a= b=\"\" c=\\ d=\"\\u202e\\\"\" e=x\n");
  CHECK(line.keys() == keys{"a", "b", "c", "d", "e"});
  CHECK(line["d"] == "\u202e\"");
  CHECK(line.at("b").quoted);
  CHECK_FALSE(line.at("a").quoted);
}
