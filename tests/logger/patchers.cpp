// Patchers: when they run, what a failing one costs, and those that depend on the context alone.
// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <catch2/generators/catch_generators.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "logger.hpp"

namespace patchers_test {

struct logs_in_json {};
void to_json(nlohmann::json& json, const logs_in_json&) {
  ctxlog::info("inside");
  json = 1;
}

}  // namespace patchers_test

namespace {

using namespace ctxlog::literals;
using ctxlog::kv;
using ctxlog::level;
using ctxlog::patcher;
using ctxlog::record;
using ctxlog::testing::capture;
using logger_test::as_json;
using logger_test::calling;
using logger_test::clean_logging;
using logger_test::parsed;
using logger_test::run_child;
using keys = std::vector<std::string>;

constinit ctxlog::context_var<std::string> request_id{"request_id"};
constinit ctxlog::context_var<std::string> user_id{"user_id"};

patcher setting(std::string key, int v) {
  return {[=](record& rec) { rec.set(key, v); }};
}

// Sets "which" to `v` and appends `v` to "order".
patcher marking(int v) {
  return {[=](record& rec) {
    rec.set("which", v);
    const auto* before = rec.find("order");
    rec.set("order", (before ? std::string(before->string()) : "") + std::to_string(v));
  }};
}

TEST_CASE_METHOD(clean_logging, "a configured patcher is for all loggers and needs no argument at the call",
                 "[BL-04][BL-07][BL-08]") {
  const ctxlog::logger made_before("before");
  ctxlog::configure({.patchers = {{ctxlog::context_variables(request_id)}}});
  const auto bound = request_id.bind("req-12345");
  capture records(as_json());
  ctxlog::info("Processing payment");
  made_before.info("Processing payment");
  ctxlog::logger("after").info("Processing payment");
  REQUIRE(records.size() == 3);
  for (const auto& rec : records.all()) CHECK(parsed(rec)["request_id"] == "req-12345");
}

TEST_CASE_METHOD(clean_logging, "configuring patchers again replaces them", "[BL-07][LG-02]") {
  capture records;
  ctxlog::configure({.patchers = {{setting("first", 1)}}});
  ctxlog::configure({.patchers = {{setting("second", 2)}}});
  ctxlog::info("x");
  CHECK(records.last().keys == keys{"second"});
  ctxlog::configure({.levels = "trace"});
  ctxlog::info("x");
  CHECK(records.last().keys == keys{"second"});
  ctxlog::configure({.patchers = std::vector<patcher>{}});
  ctxlog::info("x");
  CHECK(records.last().keys.empty());
}

TEST_CASE_METHOD(clean_logging, "an id that is unset or empty is not injected, any other is",
                 "[BL-05][BL-16]") {
  ctxlog::configure({.patchers = {{ctxlog::context_variables(request_id, user_id)}}});
  capture records;
  ctxlog::info("x");
  CHECK(records.last().keys.empty());
  const auto empty = request_id.bind("");
  ctxlog::info("x");
  CHECK(records.last().keys.empty());
  const auto zero = request_id.bind("0");
  ctxlog::info("x");
  CHECK(records.last().keys == keys{"request_id"});
  CHECK(records.last().field<std::string>("request_id") == "0");
  const auto user = user_id.bind("u-7");
  ctxlog::info("x");
  CHECK(records.last().keys == keys{"request_id", "user_id"});
}

// ---- loguru's patch(): one test for each idea of its test_patch.py ----

TEST_CASE_METHOD(clean_logging, "patch() adds to the records of the copy only", "[LG-02]") {
  const ctxlog::logger parent("patch");
  const auto patched = parent.patch(setting("p", 1));
  capture records;
  parent.info("x");
  CHECK(records.last().keys.empty());
  patched.info("x");
  CHECK(records.last().keys == keys{"p"});
  ctxlog::logger("patch").info("x");
  CHECK(records.last().keys.empty());
}

TEST_CASE_METHOD(clean_logging, "patches chain in the order they were added", "[LG-02]") {
  capture records;
  ctxlog::logger("patch").patch(marking(1)).patch(marking(2)).patch(marking(3)).info("x");
  CHECK(records.last().field<int>("which") == 3);
  CHECK(records.last().field<std::string>("order") == "123");
}

TEST_CASE_METHOD(clean_logging, "siblings made from one patched logger do not see each other's patches",
                 "[LG-02]") {
  const auto parent = ctxlog::logger("patch").patch(marking(1));
  const auto left = parent.patch(marking(2)), right = parent.patch(marking(3));
  capture records;
  left.info("x");
  CHECK(records.last().field<std::string>("order") == "12");
  right.info("x");
  CHECK(records.last().field<std::string>("order") == "13");
  parent.info("x");
  CHECK(records.last().field<std::string>("order") == "1");
}

TEST_CASE_METHOD(clean_logging, "the configured patcher runs before those of the logger", "[LG-02]") {
  const auto log = ctxlog::logger("patch").patch(marking(1));
  ctxlog::configure({.patchers = {{marking(7), marking(8)}}});
  capture records;
  log.info("x");
  CHECK(records.last().field<int>("which") == 1);
  CHECK(records.last().field<std::string>("order") == "781");
}

TEST_CASE_METHOD(clean_logging, "bind and patch combine in any order, and the patch wins", "[LG-02][LG-05]") {
  capture records;
  ctxlog::logger("patch").bind(kv("which", 100)).patch(marking(1)).info("x");
  CHECK(records.last().field<int>("which") == 1);
  ctxlog::logger("patch").patch(marking(1)).bind(kv("which", 100)).info("x");
  CHECK(records.last().field<int>("which") == 1);
  ctxlog::logger("patch").patch(marking(1)).info("x", kv("which", 100));
  CHECK(records.last().field<int>("which") == 1);
}

TEST_CASE_METHOD(clean_logging,
                 "a patched logger works without any configured patcher and after one is taken away",
                 "[LG-02]") {
  const auto log = ctxlog::logger("patch").patch(setting("p", 1));
  capture records;
  ctxlog::configure({.patchers = {{setting("c", 1)}}});
  log.info("x");
  CHECK(records.last().keys == keys{"c", "p"});
  ctxlog::configure({.patchers = std::vector<patcher>{}});
  log.info("x");
  CHECK(records.last().keys == keys{"p"});
}

TEST_CASE_METHOD(clean_logging, "what a patcher sets in one record is not in the next", "[LG-02]") {
  int calls = 0;
  const auto log = ctxlog::logger("patch").patch([&](record& rec) {
    if (++calls == 1) rec.set("once", 1);
  });
  capture records;
  log.info("x", kv("k", 1));
  CHECK(records.last().has("once"));
  log.info("x", kv("k", 1));
  CHECK_FALSE(records.last().has("once"));
}

// ---- when a patcher runs ----

TEST_CASE_METHOD(clean_logging,
                 "a patcher runs once per record, not per sink, and never for a level that is off",
                 "[LG-03]") {
  int configured = 0, own = 0;
  ctxlog::configure({.patchers = {{[&](record&) { ++configured; }}}});
  const auto log = ctxlog::logger("timing").patch([&](record&) { ++own; });
  const capture first, second(as_json()), third({.level = level::error});
  for (int i = 0; i < 5; ++i) log.info("x");
  CHECK(configured == 5);
  CHECK(own == 5);
  CHECK(first.size() == 5);
  CHECK(second.size() == 5);
  CHECK(third.size() == 0);
  log.set_level(level::error);
  log.info("off");
  CHECK(configured == 5);
  CHECK(own == 5);
  log.inherit_level();
}

TEST_CASE_METHOD(clean_logging, "the message shows the value of the call, the field the patcher's",
                 "[LG-03]") {
  ctxlog::configure({.patchers = {{[](record& rec) {
                       CHECK(rec.message() == "z call");
                       rec.set("request_id", "ctx");
                     }}}});
  capture records;
  ctxlog::info("z {request_id}", kv("request_id", "call"));
  CHECK(records.only().message == "z call");
  CHECK(records.only().field<std::string>("request_id") == "ctx");
}

TEST_CASE_METHOD(clean_logging, "filters see what patchers set", "[LG-03]") {
  ctxlog::configure({.patchers = {{setting("tenant", 7)}}});
  const capture passing({.filter = [](const record& rec) { return rec.find("tenant")->integer() == 7; }});
  const capture stopped({.filter = [](const record& rec) { return rec.find("tenant")->integer() != 7; }});
  ctxlog::info("x", kv("tenant", 1));
  CHECK(passing.size() == 1);
  CHECK(stopped.size() == 0);
}

TEST_CASE_METHOD(clean_logging, "patchers run on the thread of the call", "[LG-03][H6]") {
  std::thread::id seen;
  ctxlog::configure({.patchers = {{[&](record&) { seen = std::this_thread::get_id(); }}}});
  capture records;
  std::thread worker([] { ctxlog::info("x"); });
  const auto expected = worker.get_id();
  worker.join();
  CHECK(seen == expected);
}

// ---- failing patchers ----

TEST_CASE_METHOD(clean_logging, "a patcher that throws costs nothing but its own fields", "[LG-04][H14]") {
  ctxlog::configure({.patchers = {{[](record& rec) {
                                     rec.set("half", 1);
                                     throw std::runtime_error("no context");
                                   },
                                   setting("next", 2)}}});
  const auto before = ctxlog::stats().patch_errors;
  capture records(as_json());
  ctxlog::info("x {a}", "a"_kv = 5);
  const auto rec = records.only();
  CHECK(rec.message == "x 5");
  CHECK(rec.keys == keys{"a", "half", "patch_error", "next"});
  CHECK(rec.field<std::string>("patch_error") == "no context");
  CHECK(parsed(rec)["next"] == 2);
  CHECK(ctxlog::stats().patch_errors == before + 1);
}

TEST_CASE_METHOD(clean_logging, "a patcher may throw anything", "[LG-04][H14]") {
  const auto log = ctxlog::logger("patch").patch([](record&) { throw 42; });
  capture records;
  log.info("x", kv("k", 1));
  CHECK(records.only().field<std::string>("patch_error") == "an exception that is no std::exception");
  CHECK(records.only().field<int>("k") == 1);
}

TEST_CASE_METHOD(clean_logging, "a patcher made of an empty function says so in every record",
                 "[LG-04][H14]") {
  const auto empty = GENERATE(patcher(std::function<void(record&)>()),
                              patcher::of_context(std::function<void(ctxlog::field_set&)>()));
  ctxlog::configure({.patchers = {{empty}}});
  capture records(as_json());
  for (int i = 0; i < 2; ++i) {
    ctxlog::info("x");
    CHECK(records.last().has("patch_error"));
  }
}

TEST_CASE_METHOD(clean_logging,
                 "a record made while a context variable is read is delivered without patchers",
                 "[LG-22][context-patcher]") {
  constinit static ctxlog::context_var<patchers_test::logs_in_json> talkative{"talkative"};
  ctxlog::configure({.patchers = {{ctxlog::context_variables(request_id, talkative)}}});
  capture records(as_json());
  const auto id = request_id.bind("r");
  const auto bound = talkative.bind();
  ctxlog::info("outside");
  REQUIRE(records.all().size() == 2);
  CHECK(records.all()[0].message == "inside");
  CHECK(records.all()[0].keys.empty());
  CHECK(records.all()[1].message == "outside");
  CHECK(records.all()[1].keys == keys{"request_id", "talkative"});
}

TEST_CASE_METHOD(clean_logging, "context variables have their defaults, and names that are valid and short",
                 "[context-patcher]") {
  static constexpr auto long_name = [] {
    std::array<char, 400> text{};
    for (std::size_t i = 0; i + 1 < text.size(); ++i) text[i] = 'n';
    return text;
  }();
  static ctxlog::context_var<int> attempt{"attempt", 7};
  constinit static ctxlog::context_var<int> damaged{"a\xff"}, lengthy{long_name.data()};
  ctxlog::configure({.patchers = {{ctxlog::context_variables(attempt, damaged, lengthy)}}});
  capture records(as_json());
  ctxlog::info("x");
  CHECK(records.last().keys == keys{"attempt"});
  CHECK(records.last().field<int>("attempt") == 7);
  const auto first = attempt.bind(8);
  const auto second = damaged.bind(9);
  const auto third = lengthy.bind(10);
  ctxlog::info("x");
  const auto rec = records.last();
  REQUIRE(rec.keys.size() == 3);
  CHECK(rec.field<int>("attempt") == 8);
  CHECK(rec.keys[1] == "a\uFFFD");
  CHECK(rec.keys[2].size() <= ctxlog::limits::key_bytes);
  CHECK(rec.keys[2].starts_with("nnn"));
}

TEST_CASE_METHOD(clean_logging, "a context patcher that throws leaves nothing behind and is asked again",
                 "[LG-04][H14]") {
  int calls = 0;
  ctxlog::configure({.patchers = {{patcher::of_context([&](ctxlog::field_set& fields) {
                       fields.set("half", 1);
                       if (++calls <= 2) throw std::runtime_error("not yet");
                       fields.set("whole", 2);
                     })}}});
  capture records;
  ctxlog::info("x");
  CHECK(records.last().keys == keys{"patch_error"});
  ctxlog::info("x");
  CHECK(records.last().keys == keys{"patch_error"});
  ctxlog::info("x");
  CHECK(records.last().keys == keys{"half", "whole"});
}

TEST_CASE("failures are counted each and reported once a second at most", "[LG-04][H14]") {
  const auto child = run_child("logger_failures", {"patcher"}, {"ENV=PROD"});
  CHECK(child.status == 0);
  const auto numbers = nlohmann::json::parse(child.output_lines().back());
  CHECK(numbers["patch_errors"] == 10'000);
  CHECK(child.output_lines().size() == 10'001);
  const auto reports = child.error_lines();
  REQUIRE_FALSE(reports.empty());
  CHECK(reports[0] == "ctxlog: patcher went wrong");
  CHECK(reports.size() <= numbers["seconds"].get<std::size_t>() + 2);
}

// ---- context patchers ----

TEST_CASE_METHOD(clean_logging, "a context patcher is evaluated once per snapshot and thread",
                 "[context-patcher]") {
  std::atomic<int> calls{0};
  ctxlog::configure({.patchers = {{patcher::of_context([&](ctxlog::field_set& fields) {
                       ++calls;
                       fields.set("request_id", request_id.get_or("none"));
                     })}}});
  capture records(as_json());
  const auto expect = [&](const std::string& id, int evaluations) {
    for (int i = 0; i < 3; ++i) ctxlog::info("x");
    CHECK(calls == evaluations);
    CHECK(records.last().field<std::string>("request_id") == id);
    CHECK(parsed(records.last())["request_id"] == id);
  };
  expect("none", 1);
  {
    const auto outer = request_id.bind("A");
    expect("A", 2);
    {
      const auto inner = request_id.bind("B");
      expect("B", 3);
    }
    expect("A", 4);
    ctxlog::thread([&] { expect("A", 5); }).join();
  }
  expect("none", 6);
}

TEST_CASE_METHOD(clean_logging, "rebinding is seen by the very next record, thousands of times",
                 "[context-patcher]") {
  ctxlog::configure({.patchers = {{ctxlog::context_variables(request_id)}}});
  capture records(as_json());
  for (int i = 0; i < 5'000; ++i) {
    const auto bound = request_id.bind(std::to_string(i));
    ctxlog::info("x");
  }
  int expected = 0;
  for (const auto& rec : records.all()) {
    const auto id = std::to_string(expected++);
    REQUIRE(rec.field<std::string>("request_id") == id);
    REQUIRE(rec.line.find("\"request_id\":\"" + id + "\"") != std::string::npos);
  }
}

TEST_CASE_METHOD(clean_logging,
                 "a dozen context patchers, some after record patchers, keep their order and values",
                 "[context-patcher]") {
  std::vector<patcher> patchers;
  keys expected;
  for (int i = 0; i < 12; ++i) {
    expected.push_back("k" + std::to_string(i));
    if (i % 3 == 1) {
      patchers.push_back(setting(expected.back(), i));
    } else {
      patchers.push_back(patcher::of_context([key = expected.back(), i](ctxlog::field_set& fields) {
        fields.set(key, std::to_string(i) + request_id.get_or("-"));
      }));
    }
  }
  ctxlog::configure({.patchers = patchers});
  const auto log = ctxlog::logger("dozen").patch(
      patcher::of_context([](ctxlog::field_set& fields) { fields.set("k0", "own"); }));
  capture records(as_json());
  for (const char* id : {"A", "B", "A"}) {
    const auto bound = request_id.bind(id);
    ctxlog::info("x");
    CHECK(records.last().keys == expected);
    CHECK(records.last().field<std::string>("k11") == std::string("11") + id);
    CHECK(parsed(records.last())["k4"] == 4);
    log.info("x");
    CHECK(records.last().keys == expected);
    CHECK(records.last().field<std::string>("k0") == "own");
    CHECK(parsed(records.last())["k2"] == std::string("2") + id);
  }
}

TEST_CASE_METHOD(clean_logging, "any number of context patchers may stand before a record patcher",
                 "[context-patcher]") {
  std::vector<patcher> patchers;
  keys expected;
  capture records(as_json());
  for (int i = 0; i < 20; ++i) {
    auto configured = patchers;
    configured.push_back(setting("last", i));
    ctxlog::configure({.patchers = configured});
    ctxlog::info("x", kv("call", 1));
    auto all_keys = expected;
    all_keys.insert(all_keys.begin(), "call");
    all_keys.emplace_back("last");
    CHECK(records.last().keys == all_keys);
    CHECK(parsed(records.last())["last"] == i);

    expected.push_back("k" + std::to_string(i));
    patchers.push_back(
        patcher::of_context([key = expected.back(), i](ctxlog::field_set& fields) { fields.set(key, i); }));
  }
}

TEST_CASE_METHOD(clean_logging, "loggers with context patchers of their own may take turns",
                 "[context-patcher]") {
  const auto made = [](const char* text) {
    return ctxlog::logger("turns").patch(patcher::of_context(
        [text](ctxlog::field_set& fields) { fields.set("who", text + request_id.get_or("-")); }));
  };
  const auto a = made("a"), b = made("b");
  const auto bound = request_id.bind("1");
  capture records(as_json());
  for (int i = 0; i < 3; ++i) {
    a.info("x");
    CHECK(parsed(records.last())["who"] == "a1");
    b.info("x");
    CHECK(parsed(records.last())["who"] == "b1");
  }
}

TEST_CASE_METHOD(clean_logging, "a patcher that changes the context does not change the caller's",
                 "[context-patcher][H14]") {
  ctxlog::configure({.patchers = {{[](record&) { request_id.set("changed"); },
                                   [](record& rec) { rec.set("seen", request_id.get_or("none")); }}}});
  capture records;
  ctxlog::info("x");
  CHECK(records.last().field<std::string>("seen") == "changed");
  CHECK_FALSE(request_id.find());
  const auto bound = request_id.bind("mine");
  const auto ambient = ctxlog::with_fields(kv("ambient", std::string(100, 'a')));
  ctxlog::info("x");
  CHECK(request_id.get() == "mine");
  CHECK(records.last().field<std::string>("ambient") == std::string(100, 'a'));
}

TEST_CASE_METHOD(clean_logging, "a patcher that replaces the whole context leaves the record's fields alive",
                 "[context-patcher][H14]") {
  const auto log = ctxlog::logger("replace").patch([](record& rec) {
    [[maybe_unused]] const auto previous = ctxlog::detail::exchange_current(ctxlog::context());
    rec.set("k", 1);
  });
  capture records(as_json());
  {
    const auto ambient = ctxlog::with_fields(kv("ambient", std::string(100, 'a')));
    log.info("x");
    CHECK(ctxlog::context::current());
  }
  CHECK(parsed(records.only())["ambient"] == std::string(100, 'a'));
}

TEST_CASE_METHOD(clean_logging, "the built-in patchers name thread, process, host and service",
                 "[patchers]") {
  ctxlog::configure({.patchers = {{ctxlog::thread_fields(), ctxlog::process_fields()}}});
  capture records;
  std::thread([] {
    ctxlog::set_thread_name("a-worker-with-a-name-longer-than-15-bytes");
    ctxlog::info("x");
  }).join();
  const auto rec = records.only();
  CHECK(rec.field<std::uint64_t>("thread.id") == rec.thread_id);
  CHECK(rec.field<std::string>("thread.name") == "a-worker-with-a-name-longer-than-15-bytes");
  CHECK(rec.field<int>("process.pid") == ::getpid());
  CHECK_FALSE(rec.field<std::string>("host.name").empty());
}

TEST_CASE("the service is named as OpenTelemetry's variables say", "[patchers]") {
  const auto child =
      run_child("config_print", {"process_fields"},
                {"ENV=PROD", "OTEL_SERVICE_NAME=shop",
                 "OTEL_RESOURCE_ATTRIBUTES=deployment.environment=eu%20west, service.name=other ,bad"});
  CHECK(child.status == 0);
  const auto line = nlohmann::json::parse(child.output_lines().at(0));
  CHECK(line["service.name"] == "shop");
  CHECK(line["deployment.environment"] == "eu west");
  CHECK(child.errors == "ctxlog: OTEL_RESOURCE_ATTRIBUTES: \"bad\" is not key=value; left out\n");
}

}  // namespace
