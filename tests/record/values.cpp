// Every C++ type that a field takes, and the typed value the record has of it.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cmath>
#include <deque>
#include <filesystem>
#include <limits>
#include <list>
#include <map>
#include <optional>
#include <ranges>
#include <set>
#include <span>
#include <string>
#include <system_error>
#include <tuple>
#include <unordered_map>
#include <variant>
#include <vector>

#include "logger.hpp"

namespace shop {

struct order {
  int id;
  std::string customer;
};
void to_json(nlohmann::json& json, const order& o) { json = {{"id", o.id}, {"customer", o.customer}}; }

struct item {
  std::string name;
  std::uint64_t pieces;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(item, name, pieces)

struct money {
  int cents;
};

enum class colour : std::uint8_t { red = 1, green = 2 };
enum legacy { first = -7 };

struct refuses_json {};
void to_json(nlohmann::json&, const refuses_json&) { throw std::runtime_error("no JSON today"); }

struct refuses_format {};

struct throws_int {};
void to_json(nlohmann::json&, const throws_int&) { throw 42; }

}  // namespace shop

template <>
struct fmt::formatter<shop::money> : fmt::formatter<std::string_view> {
  template <class Context>
  auto format(const shop::money& m, Context& context) const {
    return fmt::format_to(context.out(), "{}.{:02} EUR", m.cents / 100, m.cents % 100);
  }
};
template <>
struct fmt::formatter<shop::refuses_format> : fmt::formatter<std::string_view> {
  template <class Context>
  auto format(const shop::refuses_format&, Context& context) const -> decltype(context.out()) {
    throw std::runtime_error("no text today");
  }
};

namespace {

using namespace ctxlog::literals;
using ctxlog::kv;
using ctxlog::level;
using ctxlog::value;
using ctxlog::value_kind;
using ctxlog::testing::capture;
using ctxlog::testing::captured_record;
using logger_test::as_json;
using logger_test::clean_logging;
using logger_test::parsed;

// The field "v" of a record whose only field is that value, given with kv() and with _kv: both must agree.
template <class T>
captured_record logged(const T& v) {
  capture records(as_json());
  ctxlog::info("value", kv("v", v));
  ctxlog::info("value", "v"_kv = v);
  REQUIRE(records.size() == 2);
  const auto both = records.all();
  CHECK(parsed(both[0])["v"] == parsed(both[1])["v"]);
  CHECK(both[0].template field<value>("v").kind() == both[1].template field<value>("v").kind());
  return both[0];
}

template <class T>
value_kind kind_of(const T& v) {
  return logged(v).template field<value>("v").kind();
}

template <class T>
std::string json_of(const T& v) {
  return parsed(logged(v))["v"].dump();
}

TEST_CASE_METHOD(clean_logging, "booleans stay booleans", "[H15][values]") {
  CHECK(logged(true).field<bool>("v"));
  CHECK_FALSE(logged(false).field<bool>("v"));
  CHECK(json_of(true) == "true");
  CHECK(json_of(std::vector<bool>{true, false}) == "[true,false]");
}

template <class T>
void check_extremes() {
  CHECK(logged(std::numeric_limits<T>::min()).template field<T>("v") == std::numeric_limits<T>::min());
  CHECK(logged(std::numeric_limits<T>::max()).template field<T>("v") == std::numeric_limits<T>::max());
  CHECK(json_of(std::numeric_limits<T>::min()) == fmt::format("{}", std::numeric_limits<T>::min()));
  CHECK(json_of(std::numeric_limits<T>::max()) == fmt::format("{}", std::numeric_limits<T>::max()));
}

TEST_CASE_METHOD(clean_logging, "integers of every width keep their exact value", "[H15][values]") {
  check_extremes<signed char>();
  check_extremes<unsigned char>();
  check_extremes<short>();
  check_extremes<unsigned short>();
  check_extremes<int>();
  check_extremes<unsigned>();
  check_extremes<long>();
  check_extremes<unsigned long>();
  check_extremes<long long>();
  check_extremes<unsigned long long>();
  CHECK(kind_of(-1) == value_kind::integer);
  CHECK(kind_of(1u) == value_kind::unsigned_integer);
}

TEST_CASE_METHOD(clean_logging, "floating point numbers keep their value and floats do not grow digits",
                 "[H15][values]") {
  CHECK(logged(0.1).field<double>("v") == 0.1);
  CHECK(json_of(0.1f) == "0.1");
  CHECK(json_of(1e300) == "1e+300");
  CHECK(logged(1.5L).field<double>("v") == 1.5);
  CHECK(logged(std::numeric_limits<double>::denorm_min()).field<double>("v") > 0);
  CHECK(std::signbit(logged(-0.0).field<double>("v")));
}

TEST_CASE_METHOD(clean_logging, "what JSON has no number for is a string", "[H15][values]") {
  CHECK(std::isnan(logged(std::nan("")).field<double>("v")));
  CHECK(json_of(std::nan("")) == "\"NaN\"");
  CHECK(json_of(std::numeric_limits<double>::infinity()) == "\"Infinity\"");
  CHECK(json_of(-std::numeric_limits<float>::infinity()) == "\"-Infinity\"");
}

TEST_CASE_METHOD(clean_logging, "strings of every kind are strings", "[values]") {
  const char array[8] = "in 8";
  char buffer[] = "mutable";
  char* const pointer = buffer;
  CHECK(logged(std::string("owned")).field<std::string>("v") == "owned");
  CHECK(logged(std::string_view("viewed")).field<std::string>("v") == "viewed");
  CHECK(logged("literal").field<std::string>("v") == "literal");
  CHECK(logged(array).field<std::string>("v") == "in 8");
  CHECK(logged(static_cast<const char*>(buffer)).field<std::string>("v") == "mutable");
  CHECK(logged(pointer).field<std::string>("v") == "mutable");
  CHECK(logged('c').field<std::string>("v") == "c");
  CHECK(logged(std::string("a\0b", 3)).field<std::string>("v") == std::string("a\0b", 3));
  CHECK(logged(std::string()).field<std::string>("v").empty());
}

TEST_CASE_METHOD(clean_logging, "UTF-8 literals and strings are strings", "[values]") {
  CHECK(logged(u8"grün").field<std::string>("v") == "grün");
  CHECK(logged(std::u8string(u8"grün")).field<std::string>("v") == "grün");
  CHECK(logged(std::u8string_view(u8"grün")).field<std::string>("v") == "grün");
}

TEST_CASE_METHOD(clean_logging, "what is absent is null", "[values]") {
  CHECK(kind_of(nullptr) == value_kind::null);
  CHECK(kind_of(static_cast<const char*>(nullptr)) == value_kind::null);
  CHECK(kind_of(static_cast<char*>(nullptr)) == value_kind::null);
  CHECK(kind_of(std::optional<int>()) == value_kind::null);
  CHECK(kind_of(std::exception_ptr()) == value_kind::null);
  CHECK(kind_of(std::monostate()) == value_kind::null);
  CHECK(json_of(nullptr) == "null");
}

TEST_CASE_METHOD(clean_logging, "a null character pointer in a message reads null", "[values][H15]") {
  capture records(as_json());
  ctxlog::info("{} and {v}", static_cast<const char*>(nullptr), "v"_kv = static_cast<const char*>(nullptr));
  CHECK(records.only().message == "null and null");
  CHECK_FALSE(records.only().has("format_error"));
}

TEST_CASE_METHOD(clean_logging, "an optional and a variant are what they hold", "[values]") {
  CHECK(logged(std::optional<int>(5)).field<int>("v") == 5);
  using number_or_text = std::variant<std::monostate, int, std::string>;
  CHECK(logged(number_or_text(5)).field<int>("v") == 5);
  CHECK(logged(number_or_text("five")).field<std::string>("v") == "five");
  CHECK(kind_of(number_or_text()) == value_kind::null);
  CHECK(json_of(std::vector<std::optional<int>>{1, std::nullopt}) == "[1,null]");
}

TEST_CASE_METHOD(clean_logging, "times are UTC to the microsecond and durations are seconds", "[values]") {
  using namespace std::chrono;
  const sys_time<nanoseconds> moment = sys_days(2026y / November / 20) + 12h + 34min + 56s + 123456789ns;
  CHECK(logged(moment).field<system_clock::time_point>("v") ==
        time_point_cast<system_clock::duration>(moment));
  CHECK(json_of(moment) == "\"2026-11-20T12:34:56.123456Z\"");
  CHECK(json_of(sys_days(1969y / December / 31)) == "\"1969-12-31T00:00:00.000000Z\"");
  CHECK(logged(1500ms).field<nanoseconds>("v") == 1500ms);
  CHECK(json_of(1500ms) == "1.5");
  CHECK(json_of(duration<double>(0.25)) == "0.25");
  CHECK(json_of(-2h) == "-7200.0");
}

TEST_CASE_METHOD(clean_logging, "times and durations beyond 64-bit nanoseconds stop at the limit",
                 "[values][H15]") {
  using namespace std::chrono;
  CHECK(logged(hours::max()).field<nanoseconds>("v") == nanoseconds::max());
  CHECK(logged(hours::min()).field<nanoseconds>("v") == nanoseconds::min());
  CHECK(logged(duration<double>(1e300)).field<nanoseconds>("v") == nanoseconds::max());
  CHECK(logged(duration<double>(-1e300)).field<nanoseconds>("v") == nanoseconds::min());
  CHECK(kind_of(duration<double>(std::nan(""))) == value_kind::duration);
  CHECK(logged(sys_days(9999y / December / 31)).field<value>("v").time().time_since_epoch() ==
        nanoseconds::max());
  CHECK(logged(sys_days(1y / January / 1)).field<value>("v").time().time_since_epoch() == nanoseconds::min());
}

TEST_CASE_METHOD(clean_logging, "containers are arrays in their order", "[values]") {
  CHECK(json_of(std::vector<int>{1, 2, 3}) == "[1,2,3]");
  CHECK(json_of(std::array<double, 2>{0.5, 1.5}) == "[0.5,1.5]");
  CHECK(json_of(std::list<std::string>{"a", "b"}) == "[\"a\",\"b\"]");
  CHECK(json_of(std::deque<bool>{true}) == "[true]");
  CHECK(json_of(std::set<int>{3, 1}) == "[1,3]");
  CHECK(json_of(std::vector<int>()) == "[]");
  const int numbers[] = {4, 5};
  CHECK(json_of(numbers) == "[4,5]");
  CHECK(json_of(std::span<const int>(numbers)) == "[4,5]");
}

TEST_CASE_METHOD(clean_logging, "maps with text keys are objects, with other keys arrays of pairs",
                 "[values]") {
  CHECK(json_of(std::map<std::string, int>{{"a", 1}, {"b", 2}}) == R"({"a":1,"b":2})");
  CHECK(json_of(std::unordered_map<std::string_view, bool>{{"x", true}}) == R"({"x":true})");
  CHECK(json_of(std::map<int, std::string>{{1, "one"}}) == R"([[1,"one"]])");
  CHECK(json_of(std::vector<std::pair<std::string, int>>{{"z", 1}, {"a", 2}}) == R"({"z":1,"a":2})");
  CHECK(json_of(std::map<std::string, int>()) == "{}");
}

TEST_CASE_METHOD(clean_logging, "of two members with one key the later wins, in the place of the first",
                 "[values][H15]") {
  const std::vector<std::pair<std::string, int>> twice{{"a", 1}, {"b", 2}, {"a", 3}};
  CHECK(logged(twice).field<value>("v").object().size() == 2);
  CHECK(json_of(twice) == R"({"a":3,"b":2})");
  const nlohmann::json replaced = {{std::string("x\xff"), 1}, {std::string("x\xfe"), 2}};
  CHECK(logged(replaced).field<value>("v").object().size() == 1);
}

TEST_CASE_METHOD(clean_logging, "an object put together by hand has each key once, well-formed and bounded",
                 "[values][H15]") {
  using members = std::vector<ctxlog::field>;
  const auto object = [](const members& m) { return value(std::span<const ctxlog::field>(m)); };
  const auto number = [](std::int64_t n) { return value(n); };
  const members inner{{"x\xff", number(1)}, {"y", number(2)}, {"x\xfe", number(3)}};
  const std::vector<value> list{object(inner), number(4)};
  const members outer{{"a", number(5)}, {"b", object(inner)}, {"a", value(std::span<const value>(list))}};
  CHECK(json_of(object(outer)) == "{\"a\":[{\"x\ufffd\":3,\"y\":2},4],\"b\":{\"x\ufffd\":3,\"y\":2}}");
  CHECK(logged(object(outer)).field<value>("v").object().size() == 2);  // a reader of JSON hides a second one
  CHECK(logged(object(inner)).field<value>("v").object().size() == 2);
  CHECK(json_of(std::vector<value>{object(inner)}) == "[{\"x\ufffd\":3,\"y\":2}]");
  capture records(as_json());
  ctxlog::logger("bound")
      .bind(kv("v", object(outer)))
      .patch([&](ctxlog::record& rec) { rec.set("w", object(inner)); })
      .info("x");
  CHECK(parsed(records.only())["v"]["b"].size() == 2);
  CHECK(parsed(records.only())["w"].size() == 2);
  std::vector<value> nested(40);
  for (std::size_t i = 1; i < nested.size(); ++i)
    nested[i] = value(std::span<const value>(&nested[i - 1], 1));
  CHECK(json_of(nested.back()).find("(too deep)") != std::string::npos);
  const std::vector<value> many(1'001);
  CHECK(parsed(logged(value(std::span<const value>(many))))["v"].back() == "\u2026(+1 items)");
}

TEST_CASE_METHOD(clean_logging, "pairs, tuples and nesting of all of these", "[values]") {
  CHECK(json_of(std::pair(1, "one")) == R"([1,"one"])");
  CHECK(json_of(std::tuple(1, 2.5, true, "x")) == R"([1,2.5,true,"x"])");
  CHECK(json_of(std::tuple<>()) == "[]");
  const std::map<std::string, std::vector<std::map<std::string, std::optional<int>>>> deep{
      {"a", {{{"b", 1}}, {{"c", std::nullopt}}}}};
  CHECK(json_of(deep) == R"({"a":[{"b":1},{"c":null}]})");
}

TEST_CASE_METHOD(clean_logging, "JSON documents go in as they are, ordered ones in their order", "[values]") {
  const nlohmann::json document = {{"k", {1, -2, 2.5, "x", true, nullptr, {{"z", 18446744073709551615ULL}}}}};
  CHECK(nlohmann::json::parse(parsed(logged(document))["v"].dump()) == document);
  const nlohmann::ordered_json ordered = {{"z", 1}, {"a", {{"y", 2}, {"b", 3}}}};
  CHECK(json_of(ordered) == R"({"z":1,"a":{"y":2,"b":3}})");
  CHECK(kind_of(nlohmann::json("text")) == value_kind::string);
  CHECK(kind_of(nlohmann::json()) == value_kind::null);
  CHECK(json_of(std::vector<nlohmann::json>{1, "a"}) == R"([1,"a"])");
}

TEST_CASE_METHOD(clean_logging, "a type with to_json is logged as its JSON", "[values]") {
  CHECK(json_of(shop::order{7, "n\"x"}) == R"({"customer":"n\"x","id":7})");
  CHECK(json_of(shop::item{"tea", 3}) == R"({"name":"tea","pieces":3})");
  CHECK(parsed(logged(std::vector<shop::item>{{"tea", 3}}))["v"][0]["pieces"] == 3);
  capture records(as_json());
  ctxlog::info("got {}", shop::item{"tea", 3});
  CHECK(records.only().message == R"(got {"name":"tea","pieces":3})");
}

TEST_CASE_METHOD(clean_logging, "a type that fmt can format is logged as that text", "[values]") {
  CHECK(logged(shop::money{1250}).field<std::string>("v") == "12.50 EUR");
  CHECK(json_of(std::vector<shop::money>{{1}, {200}}) == R"(["0.01 EUR","2.00 EUR"])");
  const int target = 0;
  const void* const address = &target;
  CHECK(logged(address).field<std::string>("v") == fmt::format("{}", address));
}

TEST_CASE_METHOD(clean_logging, "an enumeration without a formatter is its number", "[values]") {
  CHECK(logged(shop::colour::green).field<int>("v") == 2);
  CHECK(logged(shop::first).field<int>("v") == -7);
}

TEST_CASE_METHOD(clean_logging, "paths and error codes", "[values]") {
  CHECK(logged(std::filesystem::path("/tmp/a b")).field<std::string>("v") == "/tmp/a b");
  const auto code = make_error_code(std::errc::no_such_file_or_directory);
  const auto shown = parsed(logged(code))["v"];
  CHECK(shown["category"] == "generic");
  CHECK(shown["value"] == ENOENT);
  CHECK(shown["message"] == code.message());
}

#if !defined(__clang__) || __clang_major__ >= 16  // earlier ones cannot compile the views of libstdc++ 12
TEST_CASE_METHOD(clean_logging, "elements that a range makes on the fly are kept", "[values][H15]") {
  const std::vector<int> numbers{1, 2, 3};
  const auto texts = numbers | std::views::transform([](int i) { return std::string(40, char('a' + i)); });
  const auto pairs = numbers | std::views::transform([](int i) {
                       return std::pair(std::string(40, char('A' + i)),
                                        std::vector<std::string>{std::string(40, char('a' + i))});
                     });
  CHECK(parsed(logged(texts))["v"] ==
        nlohmann::ordered_json::array({std::string(40, 'b'), std::string(40, 'c'), std::string(40, 'd')}));
  CHECK(parsed(logged(pairs))["v"][std::string(40, 'B')] ==
        nlohmann::ordered_json::array({std::string(40, 'b')}));
  CHECK(json_of(std::views::iota(1, 4)) == "[1,2,3]");
}
#endif

TEST_CASE_METHOD(clean_logging, "temporaries in a call live until the record is written", "[values][H15]") {
  capture records(as_json());
  ctxlog::info("{} {v}", std::string(100, 'm'), kv("v", std::string(100, 'x')),
               "w"_kv = std::vector{std::string(100, 'y')});
  const auto rec = records.only();
  CHECK(rec.message == std::string(100, 'm') + " " + std::string(100, 'x'));
  CHECK(parsed(rec)["w"][0] == std::string(100, 'y'));
}

TEST_CASE_METHOD(clean_logging, "a to_json or formatter that throws costs its own value only",
                 "[values][H14]") {
  capture records(as_json());
  ctxlog::info("fields", kv("before", 1), kv("json", shop::refuses_json()), kv("int", shop::throws_int()),
               kv("text", shop::refuses_format()), kv("after", 2));
  auto rec = records.last();
  CHECK(rec.message == "fields");
  CHECK(rec.field<int>("before") == 1);
  CHECK(rec.field<std::string>("json") == "no JSON today");
  CHECK(rec.field<std::string>("int") == "an exception that is no std::exception");
  CHECK(rec.field<std::string>("text") == "no text today");
  CHECK(rec.field<int>("after") == 2);

  ctxlog::info("{} {}", shop::refuses_json(), 5, kv("after", 2));
  CHECK(records.last().message == "no JSON today 5");

  ctxlog::info("{} {}", shop::refuses_format(), 5, kv("after", 2));
  rec = records.last();
  CHECK(rec.message == "{} {}");
  CHECK(rec.field<std::string>("format_error") == "no text today");
  CHECK(rec.field<int>("after") == 2);
}

}  // namespace
