// Fields of a record: precedence, order, and what patchers may do to them.
// SPDX-License-Identifier: MIT
#include <string>
#include <utility>
#include <vector>

#include "logger.hpp"

namespace {

using namespace ctxlog::literals;
using ctxlog::kv;
using ctxlog::record;
using ctxlog::testing::capture;
using logger_test::as_json;
using logger_test::clean_logging;
using logger_test::parsed;

using keys = std::vector<std::string>;

TEST_CASE_METHOD(clean_logging,
                 "later sources win: global, ambient, bound, call, configured patcher, own patchers",
                 "[LG-01]") {
  ctxlog::configure(
      {.patchers = {{[](record& rec) {
         for (const char* key : {"patcher", "patch1", "patch2"}) rec.set(key, "patcher");
       }}},
       .fields = ctxlog::fields(kv("global", "global"), kv("ambient", "global"), kv("bound", "global"),
                                kv("call", "global"), kv("patcher", "global"), kv("patch1", "global"),
                                kv("patch2", "global"))});
  const auto ambient =
      ctxlog::with_fields(kv("ambient", "ambient"), kv("bound", "ambient"), kv("call", "ambient"),
                          kv("patcher", "ambient"), kv("patch1", "ambient"), kv("patch2", "ambient"));
  const auto log = ctxlog::logger("precedence")
                       .bind(kv("bound", "bound"), kv("call", "bound"), kv("patcher", "bound"),
                             kv("patch1", "bound"), kv("patch2", "bound"))
                       .patch([](record& rec) {
                         for (const char* key : {"patch1", "patch2"}) rec.set(key, "patch1");
                       })
                       .patch([](record& rec) { rec.set("patch2", "patch2"); });
  capture records(as_json());
  log.info("x", kv("call", "call"), kv("patcher", "call"), kv("patch1", "call"), kv("patch2", "call"));
  const auto rec = records.only();
  CHECK(rec.keys == keys{"global", "ambient", "bound", "call", "patcher", "patch1", "patch2"});
  for (const auto& key : rec.keys) CHECK(rec.field<std::string>(key) == key);
}

TEST_CASE_METHOD(clean_logging, "a chain of patchers ends with the last one's value", "[LG-01]") {
  ctxlog::configure({.patchers = {{[](record& rec) {
                       rec.set("chain", std::string(rec.find("chain")->string()) + ">configured");
                     }}}});
  const auto append = [](const char* text) {
    return [text](record& rec) { rec.set("chain", std::string(rec.find("chain")->string()) + text); };
  };
  capture records;
  ctxlog::logger("chain").patch(append(">first")).patch(append(">second")).info("x", kv("chain", "call"));
  CHECK(records.only().field<std::string>("chain") == "call>configured>first>second");
}

TEST_CASE_METHOD(clean_logging, "a value that is replaced keeps its first position", "[LG-01]") {
  const auto ambient = ctxlog::with_fields(kv("a", 1), kv("b", 2), kv("c", 3));
  capture records(as_json());
  ctxlog::info("x", kv("d", 4), kv("b", 5));
  const auto rec = records.only();
  CHECK(rec.keys == keys{"a", "b", "c", "d"});
  CHECK(rec.field<int>("b") == 5);
}

TEST_CASE_METHOD(clean_logging, "of two fields with one key in a call the later wins", "[LG-01][H15]") {
  capture records(as_json());
  ctxlog::info("{k}", kv("k", 1), kv("other", 0), kv("k", 2));
  ctxlog::info("x", "k"_kv = 1, kv("k", 2));
  ctxlog::info("x", kv("k", 1), "k"_kv = 2);
  for (const auto& rec : records.all()) {
    CHECK(rec.field<int>("k") == 2);
    CHECK(std::count(rec.keys.begin(), rec.keys.end(), "k") == 1);
    CHECK(rec.line.find("\"k\":") == rec.line.rfind("\"k\":"));
  }
  CHECK(records.all()[0].message == "2");
}

TEST_CASE_METHOD(clean_logging,
                 "of many fields with keys made at run time each key is there once, its last value",
                 "[LG-01][H15]") {
  capture records(as_json());
  const auto name = [](int i) { return "n" + std::to_string(i % 40); };
  const auto log = [&]<int... I>(std::integer_sequence<int, I...>) {
    ctxlog::info("many", kv(name(I), I)...);
  };
  log(std::make_integer_sequence<int, 64>());
  const auto rec = records.only();
  CHECK(rec.keys.size() == 40);
  for (int i = 0; i < 40; ++i) CHECK(rec.field<int>("n" + std::to_string(i)) == (i < 24 ? i + 40 : i));
}

TEST_CASE_METHOD(clean_logging,
                 "a context that brings a key of the call replaces it, whatever contexts came before",
                 "[LG-01][H2]") {
  constinit static ctxlog::context_var<std::string> own{"own"}, shared{"shared"};
  ctxlog::configure({.patchers = {{ctxlog::context_variables(own, shared)}}});
  capture records(as_json());
  const auto ambient = ctxlog::with_fields(kv("place", "ambient"));
  for (int i = 0; i < 200; ++i) {
    const auto bound = own.bind("context " + std::to_string(i));
    const auto log = [] { ctxlog::info("x", "shared"_kv = "call", "other"_kv = 1); };
    for (int twice = 0; twice < 2; ++twice) {
      log();
      CHECK(records.last().keys == keys{"place", "shared", "other", "own"});
      CHECK(parsed(records.last())["shared"] == "call");
    }
    const auto also = shared.bind("context");
    for (int twice = 0; twice < 2; ++twice) {
      log();
      CHECK(records.last().keys == keys{"place", "shared", "other", "own"});
      CHECK(parsed(records.last())["shared"] == "context");
      ctxlog::info("y", "place"_kv = i);
      CHECK(records.last().keys == keys{"place", "own", "shared"});
      CHECK(parsed(records.last())["place"] == i);
    }
  }
}

TEST_CASE_METHOD(clean_logging, "patchers set, replace, read and erase fields", "[BL-04]") {
  const auto ambient = ctxlog::with_fields(kv("ambient", 1), kv("gone", 2));
  const auto log = ctxlog::logger("patch").bind(kv("bound", 3)).patch([](record& rec) {
    CHECK(rec.find("bound")->unsigned_integer() == 3);
    CHECK_FALSE(rec.find("absent"));
    rec.erase("gone");
    rec.erase("absent");
    rec.erase("call");
    rec.set("bound", std::string("replaced"));
    rec.set("added", rec.message());
    CHECK_FALSE(rec.find("gone"));
  });
  capture records(as_json());
  log.info("text", kv("call", 4u), kv("bound", 3u));
  const auto rec = records.only();
  CHECK(rec.keys == keys{"ambient", "bound", "added"});
  CHECK(rec.field<std::string>("bound") == "replaced");
  CHECK(rec.field<std::string>("added") == "text");
}

TEST_CASE_METHOD(clean_logging, "a key that was erased can be set again and stands at the end", "[BL-04]") {
  const auto log = ctxlog::logger("patch").patch([](record& rec) {
    rec.erase("a");
    rec.set("a", 9);
  });
  capture records(as_json());
  log.info("x", kv("a", 1), kv("b", 2));
  CHECK(records.only().keys == keys{"b", "a"});
  CHECK(records.only().field<int>("a") == 9);
}

TEST_CASE_METHOD(clean_logging, "a patcher sees the whole record", "[BL-04]") {
  ctxlog::set_thread_name("front-end");
  std::string seen;
  const auto log = ctxlog::logger("seen.by").patch([&](record& rec) {
    seen = fmt::format("{} {} {} {} {} {}", ctxlog::level_name(rec.level()), rec.logger(), rec.message(),
                       rec.message_template(), rec.thread_name(), rec.where().function);
    CHECK(rec.thread_id() == static_cast<std::uint64_t>(::gettid()));
    CHECK(rec.time() <= std::chrono::system_clock::now());
    CHECK(rec.where().line > 0);
  });
  capture records;
  [](const ctxlog::logger& lg) { lg.warn("no {}", 5); }(log);
  CHECK(seen == "warn seen.by no 5 no {} front-end operator()");
}

TEST_CASE_METHOD(clean_logging, "hundreds of fields from everywhere are kept once each, in order",
                 "[LG-01][H15]") {
  constexpr int each = 100;
  auto global = std::make_shared<ctxlog::field_set>();
  for (int i = 0; i < each; ++i) global->set("g" + std::to_string(i), i);
  ctxlog::configure({.fields = global});
  const auto log = ctxlog::logger("many").patch([](record& rec) {
    for (int i = 0; i < each; ++i) {
      rec.set("p" + std::to_string(i), i);
      if (i % 2 == 0) rec.set("g" + std::to_string(i), -i);
    }
    for (int i = 1; i < each; i += 2) rec.erase("g" + std::to_string(i));
  });
  capture records(as_json());
  log.info("x");
  const auto rec = records.only();
  keys expected;
  for (int i = 0; i < each; i += 2) expected.push_back("g" + std::to_string(i));
  for (int i = 0; i < each; ++i) expected.push_back("p" + std::to_string(i));
  CHECK(rec.keys == expected);
  CHECK(rec.field<int>("g98") == -98);
  CHECK(parsed(rec)["p99"] == 99);
}

TEST_CASE_METHOD(clean_logging, "a field can not pass for a key of the schema", "[H15]") {
  capture records(as_json());
  ctxlog::info("real", kv("time", 1), kv("level", "spoof"), kv("logger", 2), kv("file", 3), kv("line", 4),
               kv("function", 5), kv("thread", 6), kv("thread_name", 7), kv("message", "forged"),
               kv("template", 8), kv("fields.level", 9));
  const auto rec = records.only();
  const auto line = parsed(rec);
  CHECK(line["message"] == "real");
  CHECK(line["level"] == "info");
  CHECK(line["fields.level"] == "spoof");
  CHECK(line["fields.message"] == "forged");
  CHECK(line["fields.fields.level"] == 9);
  for (const char* key : {"time", "logger", "file", "line", "function", "thread", "thread_name", "template"})
    CHECK(line.contains("fields." + std::string(key)));
  CHECK(rec.field<std::string>("level") == "spoof");
}

TEST_CASE_METHOD(clean_logging, "key literals are escaped, renamed and merged like other keys",
                 "[H15][LG-01]") {
  const auto log = ctxlog::logger("literals").bind(kv("shared", "bound"));
  capture records(as_json());
  for (int i = 0; i < 3; ++i) {  // the second and third time from what was kept of the first
    log.info("x", "quo\"te"_kv = i, "back\\slash"_kv = 1, "new\nline"_kv = 2, "level"_kv = "spoof",
             "fields.x"_kv = 3, "shared"_kv = "call",
             "a_key_that_is_longer_than_any_that_an_encoder_would_keep_in_its_memory"_kv = 4);
    const auto line = parsed(records.last());
    CHECK(line["quo\"te"] == i);
    CHECK(line["back\\slash"] == 1);
    CHECK(line["new\nline"] == 2);
    CHECK(line["level"] == "info");
    CHECK(line["fields.level"] == "spoof");
    CHECK(line["fields.fields.x"] == 3);
    CHECK(line["shared"] == "call");
    CHECK(line["a_key_that_is_longer_than_any_that_an_encoder_would_keep_in_its_memory"] == 4);
    CHECK(records.last().keys.size() == 7);
  }
}

TEST_CASE_METHOD(clean_logging, "every line of hostile bytes is one valid JSON line", "[H15]") {
  std::uint64_t state = 7;
  const auto next = [&] { return state = state * 6364136223846793005U + 1442695040888963407U, state >> 33; };
  const auto bytes = [&] {
    std::string text(next() % 40, '\0');
    for (char& c : text) c = static_cast<char>(next());
    return text;
  };
  capture records(as_json());
  for (int i = 0; i < 20'000; ++i) {
    records.clear();
    const std::string message = bytes(), key = bytes(), text = bytes();
    ctxlog::info(message, kv(key, text), kv("list", std::vector{bytes(), bytes()}));
    const auto rec = records.only();
    REQUIRE(rec.line.find('\n') == rec.line.size() - 1);
    const auto line = nlohmann::json::parse(rec.line, nullptr, false);
    REQUIRE_FALSE(line.is_discarded());
    REQUIRE(line["list"].size() == 2);
    REQUIRE(line.contains("logger"));
  }
}

TEST_CASE_METHOD(clean_logging, "a field set keeps its own copies", "[LG-05]") {
  ctxlog::field_set set;
  {
    std::string key(50, 'k'), text(50, 'v');
    set.set(key, text);
    set.set(key + "2", std::vector{text});
    key.assign(50, '?');
    text.assign(50, '?');
  }
  set.set(std::string(50, 'k'), 5);
  REQUIRE(set.run().size == 2);
  CHECK(set.run().first[0].value.integer() == 5);
  CHECK(set.run().first[1].value.array()[0].string() == std::string(50, 'v'));
  const auto serial = set.run().serial;
  set.set("more", 1);
  CHECK(set.run().serial != serial);
  set.clear();
  CHECK(set.empty());
}

}  // namespace
