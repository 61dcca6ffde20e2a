// Data of any kind: every machine's line parses strictly with its types intact, no line for people obeys it.
// SPDX-License-Identifier: MIT
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <cmath>
#include <cstdint>
#include <limits>
#include <list>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "ctxlog/config.hpp"
#include "ctxlog/ctxlog.hpp"
#include "json.hpp"
#include "sanitizers.hpp"
#include "support.hpp"

using namespace encoders_test;
using namespace ctxlog::literals;
using ctxlog::kv;
using nlohmann::json;

namespace {

// All encoders at once, so that each record is judged in every schema.
struct all_encoders {
  probe json{ctxlog::json_encoder()};
  probe loguru{ctxlog::loguru_encoder()};
  probe ecs{ctxlog::ecs_encoder()};
  probe gcp{ctxlog::gcp_encoder()};
  probe datadog{ctxlog::datadog_encoder()};
  probe otlp{ctxlog::otlp_encoder()};
  probe logfmt{ctxlog::logfmt_encoder()};
  probe plain{ctxlog::pretty_encoder(false)};
  probe colour{ctxlog::pretty_encoder(true)};
  probe pattern{ctxlog::pattern_encoder("{time} | {level} | {message} | {extra}")};

  // Judge the latest record; they fail the test with what is wrong.
  void check() const {
    for (const probe* each : {&json, &loguru, &ecs, &gcp, &datadog, &otlp}) strict_json::parse(each->line());
    strict_logfmt::parse(logfmt.line());
    check_lines_for_people();
  }
  void check_lines_for_people() const {
    require_pretty(plain.line());
    if (without_colours(colour.line()) != plain.line())
      FAIL("pretty: colours change more than colour: " << colour.line());
    const std::string_view line = pattern.line();
    if (!line.ends_with('\n')) FAIL("pattern: the line does not end: " << line);
    require_harmless(line.substr(0, line.size() - 1));
  }
};

void require_otlp_data(const strict_json::object& line, const std::string& message, const std::string& key,
                       const std::string& value) {
  const auto get = [&](const auto&... path) {
    return line.get<std::string>("resourceLogs", 0, "scopeLogs", 0, "logRecords", 0, path...);
  };
  const std::size_t last = line.size("resourceLogs", 0, "scopeLogs", 0, "logRecords", 0, "attributes") - 1;
  const std::string expected = key.empty() ? "fields." : key;
  if (get("body", "stringValue") != message || get("attributes", last, "key") != expected ||
      get("attributes", last, "value", "stringValue") != value)
    FAIL("otlp: not the data that was logged: " << line.text());
}

std::string array_of(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

// Built from the inside, as no recursive parser could.
json nested_arrays(std::size_t depth) {
  json inner = json::array();
  while (--depth != 0) {
    json outer = json::array();
    outer.push_back(std::move(inner));
    inner = std::move(outer);
  }
  return inner;
}

json nested_objects(std::size_t depth) {
  json inner = json::object();
  while (--depth != 0) {
    json outer = json::object();
    outer["k"] = std::move(inner);
    inner = std::move(outer);
  }
  return inner;
}

struct tree {
  std::vector<tree> children;
  auto begin() const { return children.begin(); }
  auto end() const { return children.end(); }
};

}  // namespace

TEST_CASE("100 000 random byte strings as message, key and value stay data in every schema", "[H15]") {
  all_encoders encoders;
  reference::hostile_texts texts(20261120);
  constexpr std::size_t count = thread_sanitizer ? 20'000 : 100'000;
  if (thread_sanitizer) WARN("20 000 strings only: one thread has nothing to show ThreadSanitizer");
  for (std::size_t i = 0; i < count; ++i) {
    const std::string message = texts.next(), key = texts.next(), value = texts.next();
    ctxlog::info(message, kv(key, value));
    const auto line = encoders.json.json();
    const std::string shown_key = well_formed(key), shown_value = well_formed(value);
    const std::string emitted_key = line.keys().back();
    const bool same = line.get<std::string>("message") == well_formed(message) &&
                      line.get<std::string>(emitted_key) == shown_value &&
                      (shown_key.size() > ctxlog::limits::key_bytes || emitted_key == shown_key);
    if (!same) FAIL("json: not the data that was logged: " << encoders.json.line());
    if (encoders.loguru.json().get<std::string>("record", "extra", emitted_key) != shown_value)
      FAIL("loguru: not the data that was logged: " << encoders.loguru.line());
    for (const probe* flat : {&encoders.gcp, &encoders.datadog})
      if (flat->json().get<std::string>("message") != well_formed(message) ||
          flat->json().get<std::string>(emitted_key) != shown_value)
        FAIL("a flat schema: not the data that was logged: " << flat->line());
    const auto ecs = encoders.ecs.json();
    if (ecs.get<std::string>("message") != well_formed(message) ||
        ecs.get<std::string>("labels", ecs.keys("labels").back()) != shown_value)
      FAIL("ecs: not the data that was logged: " << encoders.ecs.line());
    require_otlp_data(encoders.otlp.json(), well_formed(message), emitted_key, shown_value);
    const auto pairs = encoders.logfmt.logfmt();
    if (pairs["msg"] != well_formed(message) || pairs.back().value != shown_value)
      FAIL("logfmt: not the data that was logged: " << encoders.logfmt.line());
    encoders.check_lines_for_people();
    const auto lines = sinks_test::split_lines(encoders.plain.line()).size();
    const auto newlines = static_cast<std::size_t>(std::count(message.begin(), message.end(), '\n'));
    if (lines != 1 + newlines) FAIL("pretty: a line too many or too few: " << encoders.plain.line());
  }
  CHECK(encoders.json.records() == count);
  CHECK(encoders.plain.records() == count);
}

TEST_CASE("Under ENV=PROD a file of random records is strict JSON, one line each", "[H15][CH-03]") {
  const sinks_test::temporary_directory directory;
  const std::string file = directory.path / "log";
  const int status = sinks_test::run_in_child([&] {
    ::setenv("ENV", "PROD", 1);
    ::setenv("LOG_FILE", file.c_str(), 1);
    ::unsetenv("LOG_FORMAT");
    ctxlog::configure_from_environment();
    reference::hostile_texts texts(7);
    for (int i = 0; i < 2000; ++i)
      ctxlog::info(texts.next(), kv(texts.next(), texts.next()), "number"_kv = i);
    sinks_test::require(ctxlog::flush());
  });
  REQUIRE(status == 0);
  const auto lines = strict_json::parse_lines(sinks_test::read_file(file));
  REQUIRE(lines.size() == 2000);
  CHECK(lines.back().get<int>("number") == 1999);
}

TEST_CASE("Every unsafe character is escaped wherever data can stand", "[H15]") {
  all_encoders encoders;
  const ctxlog::logger named("hostile\n\x1b[2J\u202e");
  for (const char32_t c : reference::unsafe_code_points()) {
    const std::string text = "a" + reference::encode({&c, 1}) + "b";
    const json nested{{text, json::array({text})}};
    named.warn(text, kv(text, text), "nested"_kv = nested, "error"_kv = std::runtime_error(text));
    encoders.check();
    const auto line = encoders.json.json();
    CHECK(line.get<std::string>("message") == text);
    CHECK(line.get<std::string>(text) == text);
    CHECK(line.get<std::string>("nested", text, 0) == text);
  }
  ctxlog::set_thread_name("evil\n\x1b[31m");
  ctxlog::info("named");
  encoders.check();
  CHECK(encoders.json.json().get<std::string>("thread_name") == "evil\n\x1b[31m");
  ctxlog::set_thread_name("");
}

TEST_CASE("JSON documents come out as they went in", "[H15]") {
  all_encoders encoders;
  const auto text = GENERATE(
      as<std::string>{}, "[]", "{}", "[[]]", "[{}]", "{\"a\":{}}", "{\"\":0}", "[[],[[]],{},{\"a\":[]}]",
      "null", "true", "false", "0", "-0", "-0.0", "1", "-1", "0.1", "1e2", "1E+2", "1e-2", "123.456e78",
      "1e308", "2.2250738585072014e-308", "5e-324", "0.30000000000000004", "1e23", "9007199254740993",
      "9223372036854775807", "-9223372036854775808", "9223372036854775808", "18446744073709551615",
      "18446744073709551616", "-9223372036854775809", "1e400e", "\"\"", "\"a\"", R"("\"\\\/\b\f\n\r\t")",
      R"("\u0000")", R"("\u001f\u007f\u0080\u009f")", R"("\u2028\u2029")",
      R"("\u202a\u202e\u2066\u2069\u200e\u200f\u061c")", R"("\ufeff\ufffe\uffff")", R"("\ud834\udd1e")",
      R"("\udbff\udfff")", R"("\ufdd0")", R"("\u00e9 \u65e5\u672c \ud83d\ude00")", "\"\xc3\xa9\xe2\x82\xac\"",
      R"({"a\nb":"c\nd","\u0000":1,"\u202e":2})", R"({"a":1,"A":2,"a ":3})",
      R"([1,"1",1.0,true,null,"true"])", R"({"message":"m","level":"l","time":[{"time":1}]})",
      R"(["${jndi:ldap://x}","{}","{0}","%s","{{"])", "[" + std::string(500, ' ') + "1]",
      "{\"a\":" + array_of(30) + "}", array_of(32));
  CAPTURE(text);
  const auto document = json::parse(text, nullptr, false);
  if (document.is_discarded()) {
    CHECK(text == "1e400e");
    return;
  }
  ctxlog::info("document", "document"_kv = document);
  encoders.check();
  CHECK(json::parse(encoders.json.line())["document"] == document);
  CHECK(json::parse(encoders.json.line())["document"].is_number_float() == document.is_number_float());
  CHECK(json::parse(encoders.loguru.line())["record"]["extra"]["document"] == document);
}

TEST_CASE("Nesting of any depth ends at the cap with its mark", "[H15]") {
  all_encoders encoders;
  const std::size_t depth = GENERATE(33u, 100u, 100'000u, 1'000'000u);
  CAPTURE(depth);
  ctxlog::info("deep", "arrays"_kv = nested_arrays(depth), "objects"_kv = nested_objects(depth));
  encoders.check();
  const json line = json::parse(encoders.json.line());
  const json* array = &line["arrays"];
  const json* object = &line["objects"];
  for (std::size_t level = 0; level < ctxlog::limits::depth; ++level) {
    REQUIRE(array->is_array());
    REQUIRE(object->is_object());
    array = &array->at(0);
    object = &object->at("k");
  }
  CHECK(*array == "…(too deep)");
  CHECK(*object == "…(too deep)");
}

TEST_CASE("A range nested in ranges is capped too", "[H15]") {
  all_encoders encoders;
  tree root;
  for (int i = 0; i < 100'000; ++i) {
    tree outer;
    outer.children.push_back(std::move(root));
    root = std::move(outer);
  }
  ctxlog::info("deep", "ranges"_kv = root);
  encoders.check();
  const std::string shown = encoders.json.json().text("ranges");
  CHECK(std::count(shown.begin(), shown.end(), '[') == 32);
  CHECK(shown.find("too deep") != std::string::npos);
  while (!root.children.empty()) {  // the compiler's destructor would recurse
    tree inner = std::move(root.children.front());
    root = std::move(inner);
  }
}

TEST_CASE("Not-a-number and the infinities are valid JSON and told apart", "[H15]") {
  all_encoders encoders;
  constexpr double infinite = std::numeric_limits<double>::infinity();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  ctxlog::info("odd", "nan"_kv = nan, "up"_kv = infinite, "down"_kv = -infinite,
               "list"_kv = std::vector<float>{static_cast<float>(infinite), std::nanf(""), 0.5F});
  encoders.check();
  const auto line = encoders.json.json();
  CHECK(line.get<std::string>("nan") == "NaN");
  CHECK(line.get<std::string>("up") == "Infinity");
  CHECK(line.get<std::string>("down") == "-Infinity");
  CHECK(line.text("list") == R"(["Infinity","NaN",0.5])");
  CHECK(encoders.loguru.json().get<std::string>("record", "extra", "nan") == "NaN");
}

TEST_CASE("Numbers of 64 bits and doubles keep every digit", "[H15]") {
  all_encoders encoders;
  ctxlog::info("numbers", "low"_kv = INT64_MIN, "high"_kv = INT64_MAX, "huge"_kv = UINT64_MAX,
               "zero"_kv = -0.0, "tiny"_kv = 5e-324, "large"_kv = std::numeric_limits<double>::max(),
               "third"_kv = 1.0 / 3, "whole"_kv = 3.0, "single"_kv = 0.1F);
  encoders.check();
  for (const bool nested : {false, true}) {
    const auto line = nested ? encoders.loguru.json() : encoders.json.json();
    const auto get = [&]<class T>(T, const char* key) {
      return nested ? line.get<T>("record", "extra", key) : line.get<T>(key);
    };
    CHECK(get(std::int64_t{}, "low") == INT64_MIN);
    CHECK(get(std::int64_t{}, "high") == INT64_MAX);
    CHECK(get(std::uint64_t{}, "huge") == UINT64_MAX);
    CHECK(std::signbit(get(double{}, "zero")));
    CHECK(get(double{}, "tiny") == 5e-324);
    CHECK(get(double{}, "large") == std::numeric_limits<double>::max());
    CHECK(get(double{}, "third") == 1.0 / 3);
    CHECK(get(double{}, "whole") == 3.0);
    CHECK(get(double{}, "single") == 0.1);
  }
}

TEST_CASE("Collections are cut at a thousand with a mark that counts the rest", "[H15]") {
  all_encoders encoders;
  std::map<std::string, int> map;
  json object = json::object();
  for (int i = 0; i < 1001; ++i) {
    map["key" + std::to_string(10'000 + i)] = i;
    object["key" + std::to_string(10'000 + i)] = i;
  }
  const std::vector<int> vector(1'000'000, 7);
  ctxlog::info("big", "whole"_kv = std::vector<int>(1000, 7), "vector"_kv = vector,
               "list"_kv = std::list<int>(1001, 7), "array"_kv = json(vector), "map"_kv = map,
               "object"_kv = object);
  encoders.check();
  const auto line = encoders.json.json();
  CHECK(line.size("whole") == 1000);
  CHECK(line.size("vector") == 1001);
  CHECK(line.get<std::string>("vector", 1000) == "…(+999000 items)");
  CHECK(line.get<std::string>("list", 1000) == "…(+1 items)");
  CHECK(line.get<std::string>("array", 1000) == "…(+999000 items)");
  CHECK(line.size("map") == 1001);
  CHECK(line.get<std::string>("map", "…") == "…(+1 members)");
  CHECK(line.get<std::string>("object", "…") == "…(+1 members)");
}

TEST_CASE("A value, message or key of 10 MB is cut between characters and marked", "[H15]") {
  all_encoders encoders;
  constexpr std::size_t size = 10 * 1024 * 1024;
  const auto [unit, kept] = GENERATE(table<std::string, std::size_t>(
      {{"x", 131072}, {"\n", 131072}, {"\x1b", 131072}, {"€", 131070}, {"😀", 131072}}));
  std::string text;
  while (text.size() < size) text += unit;
  ctxlog::info(text, "value"_kv = text, "nested"_kv = std::vector{text}, kv(text, 1));
  encoders.check();
  const std::string expected = text.substr(0, kept) + "…(+" + std::to_string(text.size() - kept) + " bytes)";
  const auto line = encoders.json.json();
  CHECK((line.get<std::string>("message") == expected));
  CHECK((line.get<std::string>("value") == expected));
  CHECK((line.get<std::string>("nested", 0) == expected));
  CHECK(line.keys().back().size() <= 256);
  CHECK(line.keys().back().ends_with("…"));
  CHECK((encoders.loguru.json().get<std::string>("record", "message") == expected));
  CHECK(encoders.loguru.json().get<std::string>("text").ends_with(" bytes)\n"));
}

TEST_CASE("A string at the limit is whole and one byte more is cut", "[H15]") {
  all_encoders encoders;
  const std::string whole(ctxlog::limits::string_bytes, 'x');
  ctxlog::info("limit", "whole"_kv = whole, "longer"_kv = whole + "y");
  encoders.check();
  CHECK((encoders.json.json().get<std::string>("whole") == whole));
  CHECK((encoders.json.json().get<std::string>("longer") == whole + "…(+1 bytes)"));
  const std::string noise(2 * ctxlog::limits::string_bytes, '\x9f');
  ctxlog::info(noise, "noise"_kv = noise);
  encoders.check();
}

TEST_CASE("An object put together by hand with a repeated key is strict JSON in every schema", "[H15]") {
  all_encoders encoders;
  const std::vector<ctxlog::field> inner{{"x", ctxlog::value(true)}, {"x", ctxlog::value(false)}};
  const ctxlog::value object{std::span<const ctxlog::field>(inner)};
  const std::vector<ctxlog::field> outer{{"a", ctxlog::value(true)}, {"a", object}};
  const auto bound = ctxlog::logger("hand").bind(kv("bound", object));
  bound.info("by hand", "object"_kv = ctxlog::value(std::span<const ctxlog::field>(outer)),
             "list"_kv = std::vector{object});
  encoders.check();
  CHECK(encoders.json.json().text("object") == R"({"a":{"x":false}})");
}

TEST_CASE("Encoders that meet in the caches do not take each other's text") {
  probe otlp(ctxlog::otlp_encoder());
  for (int i = 0; i < 63; ++i) ctxlog::gcp_encoder();  // so that the next one has the places of the first
  probe datadog(ctxlog::datadog_encoder());
  const auto ambient = ctxlog::with_fields(kv("request_id", "r-1"));
  for (int i = 0; i < 3; ++i) {
    ctxlog::info("shared", "n"_kv = i);
    strict_json::parse(otlp.line());
    CHECK(otlp.json().keys() == std::vector<std::string>{"resourceLogs"});
    CHECK(datadog.json().get<std::string>("request_id") == "r-1");
    CHECK(datadog.json().get<int>("n") == i);
  }
}
