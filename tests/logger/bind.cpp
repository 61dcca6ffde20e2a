// Fields that stay: bound to a logger, or ambient in the context. Two verbs, two meanings.
// SPDX-License-Identifier: MIT
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "logger.hpp"

namespace {

using namespace ctxlog::literals;
using ctxlog::kv;
using ctxlog::with_fields;
using ctxlog::testing::capture;
using logger_test::as_json;
using logger_test::clean_logging;
using logger_test::parsed;
using keys = std::vector<std::string>;

keys logged_keys(const capture& records) {
  ctxlog::info("x");
  return records.last().keys;
}

TEST_CASE_METHOD(clean_logging,
                 "bind() makes a logger that carries the fields and leaves its parent as it was",
                 "[LG-05][FA-12]") {
  const ctxlog::logger parent("cart");
  const auto child = parent.bind(kv("cart", 7), "user"_kv = "ann");
  const auto grandchild = child.bind(kv("user", "bob"), kv("item", 1));
  capture records;
  parent.info("x");
  CHECK(records.last().keys.empty());
  child.info("x");
  CHECK(records.last().keys == keys{"cart", "user"});
  grandchild.info("x");
  CHECK(records.last().keys == keys{"cart", "user", "item"});
  CHECK(records.last().field<std::string>("user") == "bob");
  child.info("x");
  CHECK(records.last().field<std::string>("user") == "ann");
  ctxlog::logger("cart").info("x");  // the same name, not the same logger
  CHECK(records.last().keys.empty());
  CHECK(records.last().logger == "cart");
}

TEST_CASE_METHOD(clean_logging, "a bound logger keeps copies and outlives what it was made of", "[LG-05]") {
  std::optional<ctxlog::logger> kept;
  {
    const std::string text(100, 'v'), key(100, 'k');
    const ctxlog::logger parent = ctxlog::logger("cart").bind(kv(key, text));
    kept = parent.bind(kv("list", std::vector{text}));
  }
  capture records(as_json());
  kept->info("x");
  CHECK(parsed(records.only())[std::string(100, 'k')] == std::string(100, 'v'));
  CHECK(parsed(records.only())["list"][0] == std::string(100, 'v'));
}

TEST_CASE_METHOD(clean_logging, "with_fields() is for every logger until its scope ends",
                 "[LG-06][FA-12][BL-16]") {
  capture records;
  {
    const auto scope = with_fields(kv("request_id", "r-1"), "user_id"_kv = 7);
    CHECK(logged_keys(records) == keys{"request_id", "user_id"});
    ctxlog::logger("any").info("x");
    CHECK(records.last().keys == keys{"request_id", "user_id"});
    ctxlog::logger("any").bind(kv("bound", 1)).info("x", kv("call", 1));
    CHECK(records.last().keys == keys{"request_id", "user_id", "bound", "call"});
  }
  CHECK(logged_keys(records).empty());
}

TEST_CASE_METHOD(clean_logging, "nested scopes add up, the inner value wins and the outer one returns",
                 "[LG-06]") {
  capture records;
  const auto outer = with_fields(kv("a", 1), kv("b", 1));
  {
    const auto inner = with_fields(kv("b", 2), kv("c", 2));
    CHECK(logged_keys(records) == keys{"a", "b", "c"});
    CHECK(records.last().field<int>("b") == 2);
  }
  CHECK(logged_keys(records) == keys{"a", "b"});
  CHECK(records.last().field<int>("b") == 1);
}

TEST_CASE_METHOD(clean_logging, "a scope ends with an exception that leaves it", "[LG-06]") {
  capture records;
  try {
    const auto scope = with_fields(kv("a", 1));
    CHECK(logged_keys(records) == keys{"a"});
    throw std::runtime_error("out");
  } catch (const std::runtime_error&) {
    CHECK(logged_keys(records).empty());
  }
}

TEST_CASE_METHOD(clean_logging, "a scope in a function ends with the call, and serves what it calls",
                 "[LG-06]") {
  capture records;
  const auto callee = [&] { ctxlog::info("x"); };
  const auto decorated = [&](int id) {
    const auto scope = with_fields(kv("id", id));
    callee();
  };
  decorated(1);
  decorated(2);
  callee();
  const auto all = records.all();
  CHECK(all[0].field<int>("id") == 1);
  CHECK(all[1].field<int>("id") == 2);
  CHECK_FALSE(all[2].has("id"));
}

TEST_CASE_METHOD(clean_logging,
                 "a scope entered while a bound logger exists shows in its records, below its fields",
                 "[LG-06][LG-01]") {
  const auto log = ctxlog::logger("x").bind(kv("k", "bound"), kv("l", 1));
  const auto scope = with_fields(kv("k", "ambient"), kv("m", 1));
  capture records;
  log.info("x");
  CHECK(records.only().field<std::string>("k") == "bound");
  CHECK(records.only().keys == keys{"k", "m", "l"});
}

TEST_CASE_METHOD(clean_logging,
                 "plain threads do not inherit ambient fields, ours do, and none gives any back",
                 "[LG-06][FA-08]") {
  const auto scope = with_fields(kv("a", 1));
  capture records;
  std::thread([&] { CHECK(logged_keys(records).empty()); }).join();
  ctxlog::thread([&] {
    CHECK(logged_keys(records) == keys{"a"});
    const auto inner = with_fields(kv("b", 1));
    CHECK(logged_keys(records) == keys{"a", "b"});
  }).join();
  CHECK(logged_keys(records) == keys{"a"});
}

TEST_CASE_METHOD(clean_logging, "tasks that interleave on two threads keep their fields apart",
                 "[LG-06][FA-08]") {
  capture records;
  const auto work = [](int id) {
    const auto scope = with_fields(kv("id", id));
    for (int i = 0; i < 200; ++i) ctxlog::info("{id}", kv("expected", id));
  };
  std::thread first(work, 1), second(work, 2);
  first.join();
  second.join();
  REQUIRE(records.size() == 400);
  for (const auto& rec : records.all()) REQUIRE(rec.field<int>("id") == rec.field<int>("expected"));
}

TEST_CASE_METHOD(clean_logging, "ambient fields are copies and survive their scope in a captured context",
                 "[LG-06]") {
  ctxlog::context kept;
  {
    const std::string text(100, 'v');
    const auto scope = with_fields(kv("k", text));
    kept = ctxlog::context::current();
  }
  capture records(as_json());
  kept.run([] { ctxlog::info("x"); });
  CHECK(parsed(records.only())["k"] == std::string(100, 'v'));
}

TEST_CASE_METHOD(clean_logging, "encoded ambient fields are never those of another scope", "[LG-06][H2]") {
  capture records(as_json());
  for (int i = 0; i < 2'000; ++i) {
    const auto scope = with_fields(kv("i", i));
    ctxlog::info("x");
    ctxlog::info("x");
  }
  const auto all = records.all();
  for (std::size_t i = 0; i < all.size(); ++i)
    REQUIRE(all[i].line.find("\"i\":" + std::to_string(i / 2) + "}") != std::string::npos);
}

}  // namespace
