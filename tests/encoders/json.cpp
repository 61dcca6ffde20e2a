// The default schema: exact lines, types, and keys that can neither be spoofed nor doubled.
// SPDX-License-Identifier: MIT
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <chrono>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>

#include "ctxlog/config.hpp"
#include "ctxlog/ctxlog.hpp"
#include "json.hpp"
#include "support.hpp"

using namespace encoders_test;
using namespace ctxlog::literals;
using namespace std::chrono_literals;
using ctxlog::kv;

namespace {

std::string normalised(const std::string& line) {
  const auto timeless = replaced(line, R"("time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")", R"("time":"T")");
  return replaced(timeless, R"("line":\d+,"function":"[^"]*","thread":\d+)",
                  R"("line":1,"function":"f","thread":2)");
}

}  // namespace

TEST_CASE("A JSON line has the schema's keys first, then the fields in their order") {
  probe json(ctxlog::json_encoder());
  const ctxlog::logger shop("shop.orders");
  const auto ambient = ctxlog::with_fields(kv("request_id", "r-1"));
  shop.bind(kv("region", "eu"))
      .info("order {order_id} placed", "order_id"_kv = 7, "total"_kv = 9.5, "paid"_kv = true);
  CHECK(
      normalised(json.line()) ==
      R"({"time":"T","level":"info","logger":"shop.orders","file":"json.cpp","line":1,"function":"f","thread":2,)"
      R"("message":"order 7 placed","template":"order {order_id} placed",)"
      R"("request_id":"r-1","region":"eu","order_id":7,"total":9.5,"paid":true})"
      "\n");
}

TEST_CASE("A program may do without function and template, and only without these") {
  const auto line_of = [](const ctxlog::json_options& options) {
    probe json(ctxlog::json_encoder(options));
    ctxlog::info("order {id} placed", "id"_kv = 7, "function"_kv = "f");
    return normalised(replaced(json.line(), R"("line":\d+,"thread":\d+)", R"("line":1,"thread":2)"));
  };
  const std::string begin = R"({"time":"T","level":"info","logger":"root","file":"json.cpp","line":1,)";
  const std::string message = R"("thread":2,"message":"order 7 placed",)";
  const std::string end = "\"id\":7,\"fields.function\":\"f\"}\n";
  const std::string text = R"("template":"order {id} placed",)";
  CHECK(line_of({.function = false, .message_template = false}) == begin + message + end);
  CHECK(line_of({.function = false}) == begin + message + text + end);
  CHECK(line_of({.message_template = false}) == begin + "\"function\":\"f\"," + message + end);
  CHECK(line_of({}) == begin + "\"function\":\"f\"," + message + text + end);
}

TEST_CASE("A message without holes needs no template, a thread without a name no thread_name") {
  probe json(ctxlog::json_encoder());
  ctxlog::warn("plain");
  CHECK(
      normalised(json.line()) ==
      R"({"time":"T","level":"warn","logger":"root","file":"json.cpp","line":1,"function":"f","thread":2,"message":"plain"})"
      "\n");
  ctxlog::set_thread_name("worker");
  ctxlog::info("named");
  CHECK(json.json().get<std::string>("thread_name") == "worker");
  ctxlog::set_thread_name("");
}

TEST_CASE("Every kind of value keeps its type") {
  probe json(ctxlog::json_encoder());
  const auto noon = std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} + 12h;
  ctxlog::info(
      "values", "null"_kv = nullptr, "none"_kv = std::optional<int>(), "yes"_kv = true, "int"_kv = -1,
      "real"_kv = 1.0, "text"_kv = "t", "time"_kv = 1, "at"_kv = noon, "took"_kv = 1500us,
      "list"_kv = std::vector{1, 2}, "map"_kv = std::map<std::string, bool>{{"a", false}},
      "code"_kv = std::make_error_code(std::errc::no_such_file_or_directory),
      "error"_kv = std::runtime_error("disk gone"), "secret"_kv = ctxlog::secret(std::string("hush")));
  const auto line = json.json();
  CHECK(line.type("null") == "null");
  CHECK(line.type("none") == "null");
  CHECK(line.get<bool>("yes"));
  CHECK(line.get<int>("int") == -1);
  CHECK(line.get<double>("real") == 1.0);
  CHECK(line.get<std::string>("at") == "2026-11-20T12:00:00.000000Z");
  CHECK(line.get<double>("took") == 0.0015);
  CHECK(line.text("list") == "[1,2]");
  CHECK(line.text("map") == R"({"a":false})");
  CHECK(line.text("code") == R"({"category":"generic","value":2,"message":"No such file or directory"})");
  CHECK(line.text("error") == R"({"type":"std::runtime_error","message":"disk gone"})");
  CHECK(line.get<std::string>("secret") == "***");
}

TEST_CASE("A field cannot pass for a key of the schema and is not lost", "[H15]") {
  probe json(ctxlog::json_encoder());
  const std::string key =
      GENERATE("time", "level", "logger", "file", "line", "function", "thread", "thread_name", "message",
               "template", "fields.level", "fields.", "fields.fields.x");
  CAPTURE(key);
  const ctxlog::logger bound = ctxlog::logger("auth").bind(kv(key, "bound"));
  const auto check = [&](const char* expected) {
    const auto line = json.json();
    CHECK(line.get<std::string>("fields." + key) == expected);
    CHECK(line.get<std::string>("level") == "error");
    CHECK(line.get<std::string>("logger") == "auth");
    CHECK(line.get<std::string>("message") == "denied");
    CHECK_FALSE(line.has("template"));
    CHECK_FALSE(line.has("thread_name"));
  };
  bound.error("denied");
  check("bound");
  bound.error("denied", kv(key, "call"));
  check("call");
  const auto ambient = ctxlog::with_fields(kv(key, "ambient"));
  ctxlog::logger("auth").error("denied");
  check("ambient");
  ctxlog::logger("auth").patch([&](ctxlog::record& r) { r.set(key, "patched"); }).error("denied");
  check("patched");
}

TEST_CASE("A key and its renamed form can both be fields", "[H15]") {
  probe json(ctxlog::json_encoder());
  ctxlog::info("both", kv("level", 1), kv("fields.level", 2), "level"_kv = 3, kv("Level", 4), kv("field", 5));
  const auto line = json.json();
  CHECK(line.get<std::string>("level") == "info");
  CHECK(line.get<int>("fields.level") == 3);
  CHECK(line.get<int>("fields.fields.level") == 2);
  CHECK(line.get<int>("Level") == 4);
  CHECK(line.get<int>("field") == 5);
}

TEST_CASE("The later of two fields with one key wins and takes the earlier one's place", "[H15]") {
  probe json(ctxlog::json_encoder());
  ctxlog::info("twice", kv("a", 1), kv("b", 2), kv("a", 3));
  CHECK(json.json().text("a") == "3");
  CHECK(json.json().keys().at(json.json().size() - 2) == "a");
  ctxlog::info("twice", "a"_kv = 1, "b"_kv = 2, "a"_kv = 3);
  CHECK(json.json().text("a") == "3");
  const auto ambient = ctxlog::with_fields(kv("a", "ambient"), kv("b", 1));
  ctxlog::logger("x").bind(kv("a", "bound")).info("twice", kv("a", "call"));
  CHECK(json.json().get<std::string>("a") == "call");
}

TEST_CASE("Keys that become equal when their bytes are repaired or cut are one key", "[H15]") {
  probe json(ctxlog::json_encoder());
  const std::string first = std::string(300, 'k') + "1", second = std::string(300, 'k') + "2";
  ctxlog::info("equal", kv("a\xff", 1), kv("a\xfe", 2), kv("a\ufffd", 3), kv(first, 4), kv(second, 5));
  CHECK(json.json().get<int>("a\ufffd") == 3);
  CHECK(json.json().get<int>(json.json().keys().back()) == 5);
  const auto ambient = ctxlog::with_fields(kv("a\xff", 1));
  ctxlog::logger("x").bind(kv("a\xfe", 2)).info("equal", kv("a\xfd", 3));
  CHECK(json.json().get<int>("a\ufffd") == 3);
}

TEST_CASE("Keys that become equal inside an object are one key", "[H15]") {
  probe json(ctxlog::json_encoder());
  nlohmann::json object;
  object["a\xfe"] = 1;
  object["a\xff"] = 2;
  const std::map<std::string, int> map{{"a\xfe", 1}, {"a\xff", 2}};
  const std::vector<std::pair<std::string, int>> pairs{{"a", 1}, {"b", 2}, {"a", 3}};
  ctxlog::info("equal", "object"_kv = object, "map"_kv = map, "pairs"_kv = pairs,
               "deep"_kv = nlohmann::json::array({object}));
  const auto line = json.json();
  CHECK(line.text("object") == "{\"a\ufffd\":2}");
  CHECK(line.text("map") == "{\"a\ufffd\":2}");
  CHECK(line.text("pairs") == R"({"a":3,"b":2})");
  CHECK(line.text("deep") == "[{\"a\ufffd\":2}]");
}

TEST_CASE("A patcher's field stands in JSON and in DEV output", "[BL-04]") {
  probe json(ctxlog::json_encoder());
  probe dev(ctxlog::pretty_encoder(false));
  ctxlog::configure({.patchers = {{[](ctxlog::record& r) { r.set("request_id", "req-12345"); }}}});
  ctxlog::info("patched");
  ctxlog::configure({.patchers = std::vector<ctxlog::patcher>()});
  CHECK(json.json().get<std::string>("request_id") == "req-12345");
  CHECK(dev.line().find("  request_id=req-12345  (") != std::string::npos);
}

TEST_CASE("Braces in data mean nothing, and nothing that is given at run time throws", "[LG-24]") {
  probe json(ctxlog::json_encoder());
  const auto message = [&] { return json.json().get<std::string>("message"); };
  ctxlog::info(std::string("{x} {} {{ }"));
  CHECK(message() == "{x} {} {{ }");
  ctxlog::info("{x}", kv("y", 1));
  CHECK(message() == "{x}");
  ctxlog::info("{x}", kv("x", "{y} {} ${jndi:ldap://evil}"));
  CHECK(message() == "{y} {} ${jndi:ldap://evil}");
  ctxlog::info("{{{x}}}", "x"_kv = 1);
  CHECK(message() == "{1}");
  const std::string broken = GENERATE("{", "}", "{x:", "{:d}", "{0}", "{x:%Y}");
  CAPTURE(broken);
  ctxlog::info(ctxlog::runtime(broken), kv("x", "text"));
  CHECK(message() == broken);
  CHECK(json.json().type("format_error") == "string");
}
