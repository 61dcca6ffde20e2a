// The schema of loguru's serialize=True: exact fields, nesting, order and types.
// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "ctxlog/config.hpp"
#include "ctxlog/ctxlog.hpp"
#include "support.hpp"

using namespace encoders_test;
using namespace ctxlog::literals;
using ctxlog::kv;
using keys = std::vector<std::string>;

namespace {

std::string normalised(std::string text) {
  text = replaced(text, R"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? ?[+-]\d\d:\d\d)", "T");
  text =
      replaced(text, R"("repr":"\d+:\d\d:\d\d(\.\d{6})?","seconds":\d+\.\d+)", R"("repr":"E","seconds":1)");
  text = replaced(text, R"("path":"[^"]*/tests/encoders/)", R"("path":"D/)");
  text = replaced(text, R"((:|"line":)\d+( - |,"message"))", "$012$2");
  text = replaced(text, R"("id":\d+)", R"("id":3)");
  return replaced(text, R"("timestamp":\d+\.\d+)", R"("timestamp":4)");
}

void work(const ctxlog::logger& log) {
  log.patch([](ctxlog::record& r) { r.set("request_id", "req-1"); })
      .info("Processing image in thread", "thread_context_id"_kv = "req-1");
}

}  // namespace

TEST_CASE("A loguru line has loguru's fields in loguru's order", "[LG-25]") {
  probe loguru(ctxlog::loguru_encoder());
  work(ctxlog::logger("final"));
  CHECK(normalised(loguru.line()) ==
        R"({"text":"T | INFO     | final:work:2 - Processing image in thread\n","record":{)"
        R"("elapsed":{"repr":"E","seconds":1},"exception":null,)"
        R"("extra":{"thread_context_id":"req-1","request_id":"req-1"},)"
        R"("file":{"name":"loguru.cpp","path":"D/loguru.cpp"},"function":"work",)"
        R"("level":{"icon":"ℹ️","name":"INFO","no":20},"line":2,"message":"Processing image in thread",)"
        R"("module":"loguru","name":"final","process":{"id":3,"name":"MainProcess"},)"
        R"("thread":{"id":3,"name":"MainThread"},"time":{"repr":"T","timestamp":4}}})"
        "\n");
}

TEST_CASE("The types of a loguru line are loguru's") {
  probe loguru(ctxlog::loguru_encoder());
  ctxlog::warn("typed");
  const auto line = loguru.json();
  CHECK(line.keys() == keys{"text", "record"});
  CHECK(line.keys("record") == keys{"elapsed", "exception", "extra", "file", "function", "level", "line",
                                    "message", "module", "name", "process", "thread", "time"});
  CHECK(line.type("record", "elapsed", "seconds") == "real");
  CHECK(line.type("record", "exception") == "null");
  CHECK(line.text("record", "extra") == "{}");
  CHECK(line.get<std::string>("record", "level", "name") == "WARNING");
  CHECK(line.get<int>("record", "level", "no") == 30);
  CHECK(line.type("record", "line") == "integer");
  CHECK(line.get<pid_t>("record", "process", "id") == ::getpid());
  CHECK(line.type("record", "time", "timestamp") == "real");
}

TEST_CASE("A level of the application's own appears with name, number and icon", "[LG-09]") {
  probe loguru(ctxlog::loguru_encoder());
  const auto success = ctxlog::define_level("success", 25, "✅");
  ctxlog::log(success, "done");
  CHECK(loguru.json().text("record", "level") == R"({"icon":"✅","name":"SUCCESS","no":25})");
  CHECK(loguru.json().get<std::string>("text").find(" | SUCCESS  | ") != std::string::npos);
  ctxlog::log(static_cast<ctxlog::level>(33), "unnamed");
  CHECK(loguru.json().text("record", "level") == R"({"icon":" ","name":"Level 33","no":33})");
}

TEST_CASE("The first exception among the fields is the record's exception and stays in extra") {
  probe loguru(ctxlog::loguru_encoder());
  ctxlog::error("failed", "n"_kv = 1, "cause"_kv = std::out_of_range("seven"),
                "other"_kv = std::runtime_error("no"));
  const auto line = loguru.json();
  CHECK(line.text("record", "exception") ==
        R"({"type":"std::out_of_range","value":"seven","traceback":false})");
  CHECK(line.text("record", "extra", "cause") == R"({"type":"std::out_of_range","message":"seven"})");
  CHECK(line.has("record", "extra", "other"));
  CHECK(line.get<std::string>("text").ends_with(" - failed\nstd::out_of_range: seven\n"));

  ctxlog::error("traced", "error"_kv = ctxlog::traced(std::runtime_error("here")));
  CHECK(loguru.json().get<bool>("record", "exception", "traceback"));
  CHECK(loguru.json().type("record", "extra", "error", "stack") == "array");
}

TEST_CASE("Threads are named as Python names them") {
  probe loguru(ctxlog::loguru_encoder());
  ctxlog::info("main");
  CHECK(loguru.json().get<std::string>("record", "thread", "name") == "MainThread");
  std::thread([] { ctxlog::info("unnamed"); }).join();
  const auto id = loguru.json().get<std::uint64_t>("record", "thread", "id");
  CHECK(loguru.json().get<std::string>("record", "thread", "name") == "Thread-" + std::to_string(id));
  std::thread([] {
    ctxlog::set_thread_name("pool_0");
    ctxlog::info("named");
  }).join();
  CHECK(loguru.json().get<std::string>("record", "thread", "name") == "pool_0");
}

TEST_CASE("The time is local, and the text, repr and timestamp are one instant") {
  probe loguru(ctxlog::loguru_encoder());
  const char* const before = std::getenv("TZ");
  const std::string saved = before ? before : "";
  ::setenv("TZ", "IST-5:30", 1);
  ::tzset();
  std::thread([] { ctxlog::info("in India"); }).join();  // a thread of its own has not kept the old zone
  before ? ::setenv("TZ", saved.c_str(), 1) : ::unsetenv("TZ");
  ::tzset();
  const auto line = loguru.json();
  const auto repr = line.get<std::string>("record", "time", "repr");
  CHECK(repr.ends_with("+05:30"));
  CHECK(line.get<std::string>("text").substr(0, 19) == repr.substr(0, 19));
  CHECK(line.get<std::string>("text").substr(23, 7) == " +05:30");
  std::tm parsed{};
  REQUIRE(::strptime(repr.c_str(), "%Y-%m-%d %H:%M:%S", &parsed));
  const double second = static_cast<double>(::timegm(&parsed)) - 5.5 * 3600;
  const double fraction = repr.size() == 25 ? 0 : std::stod(repr.substr(19, 7));
  CHECK(std::abs(line.get<double>("record", "time", "timestamp") - (second + fraction)) < 2e-6);
}
