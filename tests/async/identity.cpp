// The same program writes the same bytes through both pipelines, in every schema.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <list>
#include <map>
#include <optional>
#include <stdexcept>

#include "support.hpp"

namespace identity {

struct point {
  int x, y;
};
void to_json(nlohmann::json& json, const point& p) { json = {{"x", p.x}, {"y", p.y}}; }

struct shown {
  int number;
};

struct unshowable {
  int number;
};
void to_json(nlohmann::json&, const unshowable&) { throw std::runtime_error("no JSON today"); }

enum colour { red, green };

struct logs_in_json {};
void to_json(nlohmann::json& json, const logs_in_json&) {
  ctxlog::info("in to_json");
  json = 1;
}

struct reconfigures {};
void to_json(nlohmann::json& json, const reconfigures&) {
  ctxlog::configure({.fields = ctxlog::fields(ctxlog::kv("global", "new"))});
  ctxlog::info("inside");
  json = 1;
}

}  // namespace identity

template <>
struct fmt::formatter<identity::shown> : fmt::formatter<int> {
  template <class Context>
  auto format(const identity::shown& s, Context& context) const {
    return fmt::format_to(context.out(), "<{}>", s.number);
  }
};

namespace {

using namespace async_test;
using namespace ctxlog::literals;

constinit ctxlog::context_var<std::string> request_id{"request_id"};
constinit ctxlog::context_var<int> attempt{"attempt"};

void log_fields(const ctxlog::logger& log) {
  log.info("integers", "i8"_kv = std::int8_t{-8}, "u8"_kv = std::uint8_t{8}, "i16"_kv = short{-16},
           "least"_kv = std::numeric_limits<std::int64_t>::min(),
           "most"_kv = std::numeric_limits<std::uint64_t>::max(), "l"_kv = 1L, "ull"_kv = 2ULL);
  log.info("reals", "f"_kv = 0.1F, "d"_kv = 0.1, "nan"_kv = std::nan(""), "inf"_kv = -INFINITY,
           "zero"_kv = -0.0, "tiny"_kv = 5e-324, "ld"_kv = 1.5L);
  const char* const null = nullptr;
  char array[8] = "array";
  log.info("texts", "s"_kv = std::string("string"), "v"_kv = std::string_view("view"), "p"_kv = "literal",
           "null"_kv = null, "array"_kv = array, "empty"_kv = "", "no_view"_kv = std::string_view(),
           "path"_kv = std::filesystem::path("/tmp/x y"), "bytes"_kv = std::string("\xff\x00\xe2\x82", 4),
           "c"_kv = 'c', "bad_char"_kv = '\xff', "nul"_kv = '\0');
  log.info("others", "yes"_kv = true, "no"_kv = false, "null"_kv = nullptr, "mono"_kv = std::monostate(),
           "seconds"_kv = 90s, "half"_kv = 500us, "far"_kv = std::chrono::hours::max(),
           "day"_kv = std::chrono::sys_days(std::chrono::year(2030) / 5 / 17),
           "none"_kv = std::optional<int>(), "some"_kv = std::optional<int>(3), "enum"_kv = identity::green);
  log.info("structures", "list"_kv = std::vector<int>{1, 2, 3},
           "map"_kv = std::map<std::string, int>{{"a", 1}, {"b", 2}},
           "nested"_kv = std::vector<std::vector<std::string>>{{"x"}, {}},
           "json"_kv = nlohmann::json{{"k", {1, 2.5, "three", nullptr, true}}},
           "point"_kv = identity::point{1, 2}, "shown"_kv = identity::shown{7},
           "unshowable"_kv = identity::unshowable{1}, "secret"_kv = ctxlog::secret<std::string>("hidden"),
           "error"_kv = std::make_error_code(std::errc::no_space_on_device));
  try {
    try {
      throw std::runtime_error("inner");
    } catch (...) {
      std::throw_with_nested(std::logic_error("outer"));
    }
  } catch (const std::exception& e) {
    log.error("an exception", "exception"_kv = e);
  }
}

void log_keys(const ctxlog::logger& log) {
  const std::string key = "dynamic";
  log.info("dynamic keys", kv(key, 1), kv("text", "t"), kv(key + "2", 2.5), kv(std::string(300, 'k'), 3));
  log.info("repeated keys", kv("k", 1), kv("other", 2), kv("k", 3));
  log.info("repeated static keys", "k"_kv = 1, "other"_kv = 2, "k"_kv = "last");
  log.info("reserved and strange keys", kv("message", 1), kv("level", 2), kv("a b\n\"", 3), kv("", 4),
           kv("\xff", 5), kv("time", "t"), kv("trace_id", "4bf92f3577b34da6a3ce929d0e0e4736"));
  log.info("a generic call with keys", kv(key, std::vector<int>{1}), kv("k", 1), kv("k", 2));
}

void log_messages(const ctxlog::logger& log) {
  log.info("plain");
  log.info("{} {} {} {}", 1, -2L, 3U, std::uint8_t{4});
  log.info("{:>8}|{:<8}|{:^8}|{:*>8}", "right", std::string("left"), std::string_view("mid"), 'c');
  log.info("{:#x} {:o} {:b} {:+d} {:08d} {:c} {:d}", 255, 8, 5, 7, -42, 65, 'A');
  log.info("{:.3f} {:e} {:g} {:a} {} {}", 3.14159, 1e10, 0.0001, 1.0, 0.1F, 1.0F);
  log.info("{} {:d} {:s} {:x}", true, true, false, std::int8_t{-1});
  log.info("{1} {0} {{}} {0:>3}", 1, 2);
  log.info("{:>{}}", 42, 8);
  log.info("{order_id} {amount:.1f} {} {name:>6}", "positional", "order_id"_kv = 17, "amount"_kv = 9.95,
           "name"_kv = "n");
  log.info("{dynamic} and {unknown}", kv("dynamic", 5));
  const char* const null = nullptr;
  const char* const text = "text";
  log.info("null {} text {}", null, text);
  log.info("pointer {:p}", static_cast<const void*>(text));
  log.info("{:p} {}", text, text);
  log.info("objects {} {} {}", identity::shown{1}, identity::point{3, 4}, std::vector<int>{1, 2});
  log.info("{} {}", identity::unshowable{1}, 2);
  log.info("{} {}", ctxlog::secret<int>(1), 1s);
  const std::string plain = "not a {format} string {}";
  log.info(plain, kv("k", 1));
  log.info(std::string());
  log.info(std::string_view("view {"), kv("v", std::vector<int>{1}));
  log.info(ctxlog::runtime("runtime {} {k}"), 1, kv("k", 2));
  log.info(ctxlog::runtime("missing {} {}"), 1);
  log.info(ctxlog::runtime("bad {:q}"), 1);
  log.info(ctxlog::runtime("bad {"), std::string("s"));
  log.info(ctxlog::runtime("{:p}"), text);
  log.info(ctxlog::runtime("{:q}"), std::vector<int>{1});
  log.info("long {}", std::string(3000, 'x'), kv("more", std::string(5000, 'y')));
  log.info("longer than a queue takes", kv("huge", std::string(40'000, 'z')));
  log.info("line\nbreak \x1b[31m\u2028 \u202e \xff");
}

void log_levels() {
  static const auto success = ctxlog::define_level("success", 25, "+");
  const ctxlog::logger log("levels");
  for (const level l : {level::trace, level::debug, level::info, level::warn, level::error, level::critical,
                        success, static_cast<level>(33)})
    log.log(l, "level {}", static_cast<int>(l));
  log.log(level::off, "never");
  ctxlog::logger quiet("levels.quiet");
  quiet.set_level(level::error);
  quiet.info("never");
  quiet.error("yes");
  quiet.inherit_level();
}

void log_contexts() {
  const ctxlog::logger log("contexts");
  log.info("no context");
  const auto id = request_id.bind("r-1");
  log.info("one variable");
  {
    const auto nested = attempt.bind(2);
    const auto fields = ctxlog::with_fields(kv("ambient", "a"), "cart"_kv = std::vector<int>{1, 2});
    log.info("two variables and fields");
    const auto inner = ctxlog::with_fields(kv("ambient", "inner"), kv("global", "over"));
    log.info("inner fields", kv("cart", "of the call"));
  }
  log.info("one variable again");
  const auto bound = log.bind("user"_kv = "u-1", kv("zone", 3), "point"_kv = identity::point{1, 2});
  bound.info("bound", kv("zone", 4));
  bound.bind(kv("user", "u-2"), kv("more", 1.5F)).warn("bound twice {zone}", kv("zone", 5));
  bound.info("bound again");
  log.bind(kv("large", std::string(40'000, 'b'))).info("bound by more than a queue takes");
  const auto large = ctxlog::with_fields(kv("large", std::string(40'000, 'a')));
  log.info("ambient, and more than a queue takes");
}

void log_patched() {
  const ctxlog::logger log("patched");
  log.patch([](record& rec) { rec.set("seen", std::string(rec.message())); }).info("by its logger {}", 1);
  log.patch([](record& rec) { rec.erase("k"); }).info("erased", kv("k", 1), kv("l", 2));
  log.patch([](record&) { throw std::runtime_error("patcher"); }).info("by one that throws");
  log.patch([](record&) { throw 42; }).info("by one that throws a number");
  log.patch([](record& rec) {
       ctxlog::info("inside a patcher {}", 1, kv("k", 2));
       const auto fields = ctxlog::with_fields(kv("within", true));
       ctxlog::info("inside a patcher, with fields");
       rec.set("after", 1);
     })
      .info("by one that logs");
  log.info("to_json logs", kv("v", identity::logs_in_json()));
  log.info("{}", identity::logs_in_json());
}

void log_everything() {
  ctxlog::set_thread_name("identity");
  for (const char* name : {"", "app", "app.part"}) {
    const ctxlog::logger log(name);
    log_fields(log);
    log_keys(log);
    log_messages(log);
  }
  log_levels();
  log_contexts();
  log_patched();
  ctxlog::set_thread_name("renamed");
  ctxlog::info("under another name");
}

struct schema {
  const char* name;
  std::shared_ptr<const ctxlog::encoder> encoder;
};

const std::vector<schema>& schemas() {
  static const std::vector<schema> all{
      {"json", ctxlog::json_encoder()},     {"ecs", ctxlog::ecs_encoder()},
      {"gcp", ctxlog::gcp_encoder()},       {"datadog", ctxlog::datadog_encoder()},
      {"otlp", ctxlog::otlp_encoder()},     {"loguru", ctxlog::loguru_encoder()},
      {"logfmt", ctxlog::logfmt_encoder()}, {"pretty", ctxlog::pretty_encoder(false)}};
  return all;
}

/// Moments, and durations since a moment, become an at sign.
std::string without_time(const std::string& line) {
  static const std::string seconds = std::to_string(std::time(nullptr)), epoch = seconds.substr(0, 4);
  std::string result;
  for (std::size_t i = 0; i < line.size();) {
    constexpr const char* parts = "0123456789:.-";
    const std::size_t begin = std::min(line.find_first_of(parts, i), line.size());
    result.append(line, i, begin - i);
    const std::size_t end = std::min(line.find_first_not_of(parts, begin), line.size());
    const std::string_view run(line.data() + begin, end - begin), number = run.substr(run.starts_with(':'));
    const bool is_clock = std::count(run.begin(), run.end(), ':') >= 2,
               is_date = std::count(run.begin(), run.end(), '-') == 2,
               is_number = number.size() >= seconds.size() && number.starts_with(epoch),
               is_elapsed = result.ends_with("\"seconds\"");
    is_clock || is_date || is_number || is_elapsed ? result += '@' : result += run;
    i = end;
  }
  return result;
}

/// The lines of the program in all schemas, one after the other.
std::vector<std::vector<std::string>> lines_of(const std::function<void()>& program) {
  std::vector<std::shared_ptr<keeping_sink>> sinks;
  std::vector<ctxlog::sink_id> ids;
  for (const auto& each : schemas()) {
    sinks.push_back(std::make_shared<keeping_sink>());
    ids.push_back(ctxlog::add_sink(sinks.back(), {.encoder = each.encoder}));
  }
  program();
  REQUIRE(ctxlog::flush(patience));
  for (const auto id : ids) ctxlog::remove_sink(id);
  std::vector<std::vector<std::string>> result;
  for (std::size_t i = 0; i < sinks.size(); ++i) {
    const std::string text = sinks[i]->text();
    const bool is_json =
        schemas()[i].name != std::string_view("logfmt") && schemas()[i].name != std::string_view("pretty");
    if (is_json) CHECK_NOTHROW(strict_json::parse_lines(text));
    auto& lines = result.emplace_back();
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = text.find('\n', begin);
      lines.push_back(without_time(text.substr(begin, end - begin)));
      begin = end + 1;
    }
  }
  return result;
}

/// Runs the program through both pipelines; returns how many lines of each schema were the same.
std::size_t require_identity(const std::function<void()>& program, async_pipeline options = {}) {
  go_sync();
  const auto direct = lines_of(program);
  go_async(options);
  const auto behind = lines_of(program);
  go_sync();
  for (std::size_t i = 0; i < schemas().size(); ++i) {
    INFO(schemas()[i].name);
    CHECK(behind[i].size() == direct[i].size());
    for (std::size_t j = 0; j < std::min(behind[i].size(), direct[i].size()); ++j)
      if (behind[i][j] != direct[i][j]) {
        CHECK(behind[i][j].substr(0, 1000) == direct[i][j].substr(0, 1000));
        break;
      }
  }
  return direct[0].size();
}

TEST_CASE_METHOD(clean_async, "both pipelines write the same bytes in every schema", "[async][H6]") {
  CHECK(require_identity(log_everything) > 100);
}

TEST_CASE_METHOD(clean_async, "both pipelines write the same bytes with patchers and fields of all kinds",
                 "[async][H6]") {
  ctxlog::configure({.patchers = {{ctxlog::context_variables(request_id, attempt), ctxlog::thread_fields(),
                                   ctxlog::process_fields()}},
                     .fields = ctxlog::fields(kv("global", "g"), kv("region", "eu"))});
  SECTION("of the context alone") { require_identity(log_everything); }
  SECTION("of the context alone, through a small queue") {
    require_identity(log_everything, {.queue_bytes = 16 * 1024});
  }
  SECTION("of the record too") {
    ctxlog::configure({.patchers = {{ctxlog::context_variables(request_id),
                                     [](record& rec) { rec.set("length", rec.message().size()); }}}});
    require_identity(log_everything);
  }
  SECTION("of the record, and they throw") {
    ctxlog::configure({.patchers = {{[](record&) { throw std::runtime_error("patcher went wrong"); },
                                     ctxlog::context_variables(request_id)}}});
    require_identity(log_everything);
  }
  SECTION("of the context, and they throw") {
    ctxlog::configure({.patchers = {{ctxlog::context_variables(request_id),
                                     ctxlog::patcher::of_context([](ctxlog::field_set& fields) {
                                       fields.set("set_before", 1);
                                       throw std::runtime_error("patcher went wrong");
                                     })}}});
    require_identity(log_everything);
  }
}

constinit ctxlog::context_var<std::vector<std::string>> tags{"tags"};
constinit ctxlog::context_var<identity::point> place{"place"};
constinit ctxlog::context_var<identity::unshowable> broken{"broken"};
constinit ctxlog::context_var<identity::logs_in_json> talkative{"talkative"};
constinit ctxlog::context_var<std::string> namesake{"request_id"};
constinit ctxlog::context_var<double> odd_name{"a \"name\"\n of \xff many kinds"};
ctxlog::context_var<int> counted{"counted", 7};

TEST_CASE_METHOD(clean_async, "variables of every kind are told as they are",
                 "[async][H6][context-patcher]") {
  const auto program = [](const auto& variable, auto value) {
    return [&variable, value] {
      ctxlog::info("without");
      const auto id = request_id.bind("r1");
      ctxlog::info("before");
      const auto bound = variable.bind(value);
      ctxlog::info("bound");
      ctxlog::info("bound {}", "still");
    };
  };
  const auto use = [](const auto&... variables) {
    ctxlog::configure({.patchers = {{ctxlog::context_variables(request_id, variables..., attempt)}}});
  };
  use(tags, place, counted, odd_name);
  CHECK(require_identity(program(tags, std::vector<std::string>{"a", std::string(200'000, 'x'), "\x01"})) ==
        4);
  CHECK(require_identity(program(place, identity::point{1, 2})) == 4);
  CHECK(require_identity(program(counted, 8)) == 4);
  CHECK(require_identity(program(odd_name, 0.1)) == 4);
  CHECK(require_identity(program(request_id, std::string())) == 4);
  CHECK(require_identity(program(request_id, std::string(150'000, 'y'))) == 4);
  ctxlog::configure({.patchers = {{ctxlog::context_variables(request_id, attempt),
                                   ctxlog::context_variables(counted, namesake)}}});
  CHECK(require_identity(program(namesake, std::string("r2"))) == 4);
  use(namesake);
  CHECK(require_identity(program(namesake, std::string("r2"))) == 4);
  use(broken);
  CHECK(require_identity(program(broken, identity::unshowable{1})) == 4);
  use(talkative);
  CHECK(require_identity(program(talkative, identity::logs_in_json())) >= 4);
}

TEST_CASE_METHOD(clean_async,
                 "a context patcher that throws runs once for each record, and once to learn of it",
                 "[async][H6][LG-04]") {
  int runs = 0;
  ctxlog::configure({.patchers = {{ctxlog::patcher::of_context([&](ctxlog::field_set&) {
                       ++runs;
                       throw 42;
                     })}}});
  const auto sink = keep_lines();
  go_async();
  for (int i = 0; i < 10; ++i) ctxlog::info("record {}", i);
  for (int i = 0; i < 10; ++i) ctxlog::info("generic", kv("v", std::vector<int>{i}));
  REQUIRE(ctxlog::flush(patience));
  CHECK(runs == 21);
  const auto lines = sink->lines();
  CHECK(lines.size() == 20);
  for (const auto& line : lines) CHECK(line.has("patch_error"));
}

TEST_CASE_METHOD(clean_async, "a record made inside a logger's patcher has no fields of context patchers",
                 "[async][H6][LG-22]") {
  ctxlog::configure({.patchers = {{ctxlog::context_variables(request_id)}}});
  const auto program = [] {
    const auto id = request_id.bind("r");
    ctxlog::info("tells the state");
    ctxlog::logger("own")
        .patch([](record&) {
          ctxlog::info("inside {}", 1);
          ctxlog::info("inside", kv("generic", std::vector<int>{1}));
        })
        .info("outside");
  };
  CHECK(require_identity(program) == 4);
}

TEST_CASE_METHOD(clean_async, "a record with more fields than its values may have items is written too",
                 "[async][H6]") {
  ctxlog::configure({.patchers = {{[](record& rec) {
                       for (int i = 0; i < 1200; ++i) rec.set("field" + std::to_string(i), i);
                     }}}});
  CHECK(require_identity([] { ctxlog::info("many fields"); }) == 1);
}

TEST_CASE_METHOD(clean_async, "patchers run on the thread of the call", "[async][H6]") {
  std::mutex mutex;
  std::vector<std::thread::id> of_records, of_contexts;
  const auto add = [&](std::vector<std::thread::id>& ids) {
    const std::lock_guard lock(mutex);
    ids.push_back(std::this_thread::get_id());
  };
  ctxlog::configure({.patchers = {{ctxlog::patcher::of_context([&](ctxlog::field_set& fields) {
                       add(of_contexts);
                       fields.set("from", "context");
                     })}}});
  const auto sink = keep_lines();
  go_async();
  std::thread::id caller;
  std::thread([&] {
    caller = std::this_thread::get_id();
    const auto id = request_id.bind("r");
    for (int i = 0; i < 10; ++i) ctxlog::info("x");
    ctxlog::logger("own").patch([&](record&) { add(of_records); }).info("y");
    ctxlog::configure({.patchers = {{[&](record&) { add(of_records); }}}});
    for (int i = 0; i < 10; ++i) ctxlog::info("z");
  }).join();
  REQUIRE(ctxlog::flush(patience));
  CHECK(sink->lines().size() == 21);
  CHECK(of_contexts == std::vector<std::thread::id>{caller});
  CHECK(of_records == std::vector<std::thread::id>(11, caller));
  ctxlog::configure({.patchers = std::vector<ctxlog::patcher>{}});
}

TEST_CASE_METHOD(clean_async, "every change of the context is seen by the next record and no earlier one",
                 "[async][H6]") {
  ctxlog::configure({.patchers = {{ctxlog::context_variables(request_id)}}});
  const auto sink = keep_lines();
  go_async({.queue_bytes = 16 * 1024});
  constexpr int requests = 2000;
  for (int i = 0; i < requests; ++i) {
    const auto id = request_id.bind("r-" + std::to_string(i));
    ctxlog::info("first", kv("n", i));
    const auto bound = ctxlog::logger("l").bind(kv("bound", i));
    bound.info("second", kv("n", i));
    ctxlog::configure({.fields = ctxlog::fields(kv("global", i))});
    bound.info("third", kv("n", i));
  }
  REQUIRE(ctxlog::flush(patience));
  const auto lines = sink->lines();
  REQUIRE(lines.size() == 3 * requests);
  for (int i = 0; i < 3 * requests; ++i) {
    const auto& line = lines[static_cast<std::size_t>(i)];
    const int request = i / 3;
    REQUIRE(line.get<int>("n") == request);
    REQUIRE(line.get<std::string>("request_id") == "r-" + std::to_string(request));
    if (i % 3 != 0) REQUIRE(line.get<int>("bound") == request);
    const int global = i % 3 == 2 ? request : request - 1;
    if (global >= 0) REQUIRE(line.get<int>("global") == global);
  }
}

TEST_CASE_METHOD(clean_async, "a record that is made while the settings change leaves no old ones behind",
                 "[async][H6]") {
  ctxlog::configure(
      {.patchers = {{ctxlog::context_variables(request_id)}}, .fields = ctxlog::fields(kv("global", "old"))});
  const auto sink = keep_lines();
  go_async();
  ctxlog::info("before");
  ctxlog::info("outside", kv("json", identity::reconfigures()));
  const auto id = request_id.bind("r");
  ctxlog::info("after");
  REQUIRE(ctxlog::flush(patience));
  const auto lines = sink->lines();
  REQUIRE(lines.size() == 4);
  CHECK(lines.front().get<std::string>("global") == "old");
  CHECK(lines.back().get<std::string>("global") == "new");
  CHECK(lines.back().get<std::string>("request_id") == "r");
}

}  // namespace
