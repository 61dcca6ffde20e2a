// Configuration from code, while other threads log.
// SPDX-License-Identifier: MIT
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "logger.hpp"

namespace {

using ctxlog::configure;
using ctxlog::kv;
using ctxlog::level;
using ctxlog::testing::capture;
using logger_test::calling;
using logger_test::clean_logging;
using keys = std::vector<std::string>;

TEST_CASE_METHOD(clean_logging, "what configure() does not name stays as it is", "[BL-07]") {
  capture records;
  configure({.patchers = {{[](ctxlog::record& rec) { rec.set("patched", 1); }}},
             .fields = ctxlog::fields(kv("region", "eu"))});
  configure({.levels = "trace"});
  configure({});
  ctxlog::trace("x");
  CHECK(records.only().keys == keys{"region", "patched"});
  configure({.fields = ctxlog::fields(kv("zone", "b"))});
  ctxlog::trace("x");
  CHECK(records.last().keys == keys{"zone", "patched"});
}

TEST_CASE_METHOD(clean_logging, "configured sinks replace all others, with options of their own", "[BL-06]") {
  int old = 0, all = 0, errors = 0;
  const auto count = [](int& n) { return calling([&n](const ctxlog::record&, std::string_view) { ++n; }); };
  ctxlog::add_sink(count(old));
  configure({.sinks = {{{count(all)}, {count(errors), {.level = level::error}}}}});
  ctxlog::info("x");
  ctxlog::error("x");
  CHECK(old == 0);
  CHECK(all == 2);
  CHECK(errors == 1);
  CHECK(ctxlog::stats().sinks.size() == 2);
}

TEST_CASE_METHOD(clean_logging, "the format given in code is the one of sinks without an encoder",
                 "[BL-06]") {
  capture records;
  configure({.format = ctxlog::format::json});
  ctxlog::info("x");
  CHECK(nlohmann::json::accept(records.last().line));
  configure({.format = ctxlog::format::pretty});
  ctxlog::info("x");
  CHECK_FALSE(nlohmann::json::accept(records.last().line));
}

TEST_CASE_METHOD(clean_logging, "every format that code can choose is a schema of its own", "[BL-06]") {
  using ctxlog::format;
  capture records;
  const auto first_words = {std::pair(format::json, "{\"time\":"),
                            std::pair(format::ecs, "{\"@timestamp\":"),
                            std::pair(format::gcp, "{\"severity\":"),
                            std::pair(format::datadog, "{\"timestamp\":"),
                            std::pair(format::otlp, "{\"resourceLogs\":"),
                            std::pair(format::loguru, "{\"text\":"),
                            std::pair(format::logfmt, "ts=")};
  for (const auto& [chosen, word] : first_words) {
    configure({.format = chosen});
    ctxlog::info("x");
    INFO(word);
    CHECK(records.last().line.starts_with(word));
  }
}

TEST_CASE_METHOD(clean_logging, "a bad part of the levels is skipped and the rest counts", "[BL-07]") {
  configure({.levels = "warn,cfg.net=debug"});
  CHECK(ctxlog::logger("cfg.net").level() == level::debug);
  CHECK(ctxlog::logger("").level() == level::warn);
  CHECK(ctxlog::logger("cfg.net.tls").enabled(level::debug));
}

TEST_CASE_METHOD(clean_logging, "configuring while other threads log loses nothing and mixes nothing",
                 "[H14]") {
  constexpr int threads = 3, each = 3'000;
  std::atomic<int> seen{0}, wrong{0};
  ctxlog::add_sink(calling([&](const ctxlog::record& rec, std::string_view) {
    ++seen;
    // Fields and patchers change together: one configuration or the other.
    const auto *field = rec.find("field"), *patched = rec.find("patched");
    if ((field != nullptr) != (patched != nullptr)) ++wrong;
    if (field && patched && field->integer() != patched->integer()) ++wrong;
  }));
  std::vector<std::thread> workers;
  for (int t = 0; t < threads; ++t)
    workers.emplace_back([] {
      for (int i = 0; i < each; ++i) ctxlog::info("x {}", i);
    });
  int version = 0;
  while (seen < threads * each) {
    ++version;
    configure({.patchers = {{[version](ctxlog::record& rec) { rec.set("patched", version); }}},
               .fields = ctxlog::fields(kv("field", version))});
    std::this_thread::yield();
  }
  for (auto& worker : workers) worker.join();
  CHECK(seen == threads * each);
  CHECK(wrong == 0);
}

TEST_CASE_METHOD(clean_logging,
                 "shutdown flushes, removes and gives the final account; a new sink starts again", "[H14]") {
  int count = 0;
  const auto before = ctxlog::stats();
  ctxlog::add_sink(calling([&](const ctxlog::record&, std::string_view) { ++count; }));
  ctxlog::info("x");
  const auto account = ctxlog::shutdown();
  CHECK(account.sinks.empty());
  CHECK(account.removed.accepted == before.removed.accepted + 1);
  CHECK(account.removed.accepted == account.removed.written + account.removed.dropped);
  ctxlog::info("lost");
  CHECK(count == 1);
  CHECK(ctxlog::stats().undelivered == account.undelivered + 1);
  capture records;
  ctxlog::info("x");
  CHECK(records.size() == 1);
}

}  // namespace
