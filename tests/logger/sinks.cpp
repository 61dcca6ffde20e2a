// Sinks at run time: filters, addition and removal under traffic, failures, records made inside of them.
// SPDX-License-Identifier: MIT
#include <atomic>
#include <catch2/generators/catch_generators.hpp>
#include <chrono>
#include <ctime>
#include <latch>
#include <memory>
#include <semaphore>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "ctxlog/sinks/fd.hpp"
#include "logger.hpp"

namespace calls {

// Values whose conversion logs.
struct logs_in_json {};
void to_json(nlohmann::json& json, const logs_in_json&) {
  ctxlog::info("in to_json {}", 1);
  json = "made";
}
struct logs_in_format {};

// One that sets errno.
struct sets_errno {};
void to_json(nlohmann::json& json, const sets_errno&) {
  errno = EBUSY;
  json = 1;
}

}  // namespace calls

template <>
struct fmt::formatter<calls::logs_in_format> : fmt::formatter<std::string_view> {
  template <class Context>
  auto format(const calls::logs_in_format&, Context& context) const {
    ctxlog::info("in format {}", 2);
    return fmt::formatter<std::string_view>::format("made", context);
  }
};

namespace {

using namespace std::chrono_literals;
using ctxlog::kv;
using ctxlog::level;
using ctxlog::logger;
using ctxlog::record;
using ctxlog::testing::capture;
using logger_test::account_of;
using logger_test::as_json;
using logger_test::calling;
using logger_test::clean_logging;
using logger_test::parsed;
using logger_test::run_child;

// ---- what a sink takes ----

TEST_CASE_METHOD(clean_logging, "levels by logger: the nearest name decides, as loguru's dictionary does",
                 "[LG-10]") {
  capture records({.filter = ctxlog::levels_by_logger(
                       {{"", level::warn}, {"a.b", level::debug}, {"a.b.c", level::off}})});
  std::vector<std::string> passed;
  for (const char* name : {"x", "a", "a.b", "a.b.z", "a.b.c", "a.b.c.d", "a.bc"}) {
    records.clear();
    logger(name).info("x");
    if (records.size() == 1) passed.emplace_back(name);
  }
  CHECK(passed == std::vector<std::string>{"a.b", "a.b.z"});
  records.clear();
  logger("x").warn("x");
  logger("a.b").trace("x");
  logger("a.b.c").critical("x");
  CHECK(records.only().logger == "x");
}

TEST_CASE_METHOD(clean_logging, "without a default, loggers that match nothing pass", "[LG-10]") {
  capture records({.filter = ctxlog::levels_by_logger({{"lib", level::error}})});
  logger("app").trace("x");
  logger("lib").warn("x");
  logger("library").warn("x");
  REQUIRE(records.size() == 2);
  CHECK(records.all()[1].logger == "library");
}

TEST_CASE_METHOD(clean_logging, "a sink has its own level and filter", "[LG-10][LG-12]") {
  const capture all, errors({.level = level::error}),
      net({.filter = [](const record&rec) { return rec.logger() == "net"; }});
  logger("net").info("x");
  logger("app").error("x");
  CHECK(all.size() == 2);
  CHECK(errors.only().logger == "app");
  CHECK(net.only().logger == "net");
}

TEST_CASE_METHOD(clean_logging, "a filter that throws lets the record pass and is counted", "[H14]") {
  const auto before = ctxlog::stats().patch_errors;
  const capture std_throw({.filter = [](const record&) -> bool { throw std::runtime_error("filter"); }});
  const capture int_throw({.filter = [](const record&) -> bool { throw 42; }});
  ctxlog::info("x");
  CHECK(std_throw.size() == 1);
  CHECK(int_throw.size() == 1);
  CHECK(ctxlog::stats().patch_errors == before + 2);
}

// ---- addition and removal ----

TEST_CASE_METHOD(clean_logging, "sinks come and go by their id", "[LG-12][BL-06]") {
  int first = 0, second = 0;
  const auto count = [](int& n) { return calling([&n](const record&, std::string_view) { ++n; }); };
  const auto a = ctxlog::add_sink(count(first));
  ctxlog::info("1");
  const auto b = ctxlog::add_sink(count(second));
  CHECK(a != b);
  ctxlog::info("2");
  CHECK(ctxlog::remove_sink(a));
  ctxlog::info("3");
  CHECK_FALSE(ctxlog::remove_sink(a));
  CHECK_FALSE(ctxlog::remove_sink(0));
  CHECK(ctxlog::remove_sink(b));
  ctxlog::info("4");
  CHECK(first == 2);
  CHECK(second == 2);
}

TEST_CASE_METHOD(clean_logging, "an empty sink is refused and nothing changes", "[LG-12]") {
  CHECK_THROWS_AS(ctxlog::add_sink(nullptr), std::invalid_argument);
  CHECK_THROWS_AS(ctxlog::configure({.sinks = {{ctxlog::configured_sink{nullptr}}}}), std::invalid_argument);
  capture records;
  ctxlog::info("x");
  CHECK(records.size() == 1);
}

TEST_CASE_METHOD(clean_logging,
                 "removal under traffic: others lose nothing, the removed one gets nothing more", "[LG-12]") {
  constexpr int threads = 4, each = 2'000;
  std::atomic<int> kept{0}, gone{0};
  std::atomic<bool> removed{false};
  std::atomic<int> too_late{0};
  ctxlog::add_sink(calling([&](const record&, std::string_view) { ++kept; }));
  const auto id = ctxlog::add_sink(calling([&](const record&, std::string_view) {
    ++gone;
    if (removed) ++too_late;
  }));
  std::latch under_way(threads);
  std::vector<std::thread> workers;
  for (int t = 0; t < threads; ++t)
    workers.emplace_back([&] {
      for (int i = 0; i < each; ++i) {
        ctxlog::info("x {}", i);
        if (i == each / 10) under_way.count_down();
      }
    });
  under_way.wait();
  CHECK(ctxlog::remove_sink(id));
  removed = true;
  for (auto& worker : workers) worker.join();
  CHECK(kept == threads * each);
  CHECK(too_late == 0);
  CHECK(gone >= threads * each / 10);
}

TEST_CASE_METHOD(clean_logging, "adding and removing all the time loses nothing on those that stay",
                 "[LG-12]") {
  std::atomic<int> kept{0};
  std::atomic<bool> done{false};
  ctxlog::add_sink(calling([&](const record&, std::string_view) { ++kept; }));
  std::vector<std::thread> workers;
  for (int t = 0; t < 3; ++t)
    workers.emplace_back([] {
      for (int i = 0; i < 2'000; ++i) ctxlog::info("x");
    });
  std::thread changer([&] {
    while (!done) {
      const capture temporary;
      ctxlog::configure({.fields = ctxlog::fields(kv("k", 1))});
    }
  });
  for (auto& worker : workers) worker.join();
  done = true;
  changer.join();
  CHECK(kept == 6'000);
}

TEST_CASE_METHOD(clean_logging, "a removed sink is flushed, and destroyed once nobody else has it",
                 "[LG-12]") {
  struct watched final : ctxlog::sink {
    explicit watched(std::string& log) : log_(log) {}
    ~watched() override { log_ += "destroyed "; }
    std::error_code write(const record&, std::string_view) override {
      return log_ += "write ", std::error_code();
    }
    std::error_code flush() override { return log_ += "flush ", std::error_code(); }
    std::string_view name() const noexcept override { return "watched"; }
    std::string& log_;
  };
  std::string log;
  const auto id = ctxlog::add_sink(std::make_shared<watched>(log));
  ctxlog::info("x");
  CHECK(log == "write ");
  ctxlog::remove_sink(id);
  CHECK(log == "write flush destroyed ");
}

TEST_CASE_METHOD(clean_logging, "sinks that share an encoder share its work", "[LG-12]") {
  struct counting final : ctxlog::encoder {
    void encode(const record& rec, fmt::memory_buffer& out) const override {
      ++encoded;
      out.append(rec.message());
      out.push_back('\n');
    }
    mutable int encoded = 0;
  };
  const auto encoder = std::make_shared<counting>();
  const capture a({.encoder = encoder}), b({.encoder = encoder}), c(as_json());
  ctxlog::info("shared");
  CHECK(encoder->encoded == 1);
  CHECK(a.only().line == "shared\n");
  CHECK(b.only().line == "shared\n");
  CHECK(parsed(c.only())["message"] == "shared");
}

TEST_CASE_METHOD(clean_logging, "a thread whose only sink is busy encodes meanwhile", "[H14]") {
  struct announcing final : ctxlog::encoder {
    void encode(const record& rec, fmt::memory_buffer& out) const override {
      out.append(rec.message());
      out.push_back('\n');
      if (rec.message() == "second") second.release();
    }
    mutable std::binary_semaphore second{0};
  };
  const auto encoder = std::make_shared<announcing>();
  std::binary_semaphore inside{0};
  bool was_encoded = false;
  ctxlog::add_sink(calling([&](const record& rec, std::string_view) {
                     if (rec.message() != "first") return;
                     inside.release();
                     was_encoded = encoder->second.try_acquire_for(30s);
                   }),
                   {.encoder = encoder});
  {
    const std::jthread first([] { ctxlog::info("first"); });
    inside.acquire();
    ctxlog::info("second");
  }
  CHECK(was_encoded);
  CHECK(account_of("calling").written == 2);
}

// ---- sinks that fail ----

struct failing_sink final : ctxlog::sink {
  std::error_code write(const record& rec, std::string_view) override {
    if (rec.message() == "std") throw std::runtime_error("sink went wrong");
    if (rec.message() == "int") throw 42;
    if (rec.message() == "error") return make_error_code(std::errc::no_space_on_device);
    return {};
  }
  std::string_view name() const noexcept override { return "failing"; }
};

TEST_CASE_METHOD(clean_logging, "a sink that throws or refuses harms nobody and its account is exact",
                 "[LG-23][H14]") {
  const capture before;
  const auto id = ctxlog::add_sink(std::make_shared<failing_sink>());
  const capture after;
  for (const char* message : {"fine", "std", "int", "error", "fine"}) ctxlog::info(std::string(message));
  CHECK(before.size() == 5);
  CHECK(after.size() == 5);
  const auto account = account_of("failing");
  CHECK(account.accepted == 5);
  CHECK(account.written == 2);
  CHECK(account.dropped == 3);
  const auto removed_before = ctxlog::stats().removed;
  ctxlog::remove_sink(id);
  const auto removed = ctxlog::stats().removed;
  CHECK(removed.accepted - removed_before.accepted == 5);
  CHECK(removed.written - removed_before.written == 2);
  CHECK(removed.dropped - removed_before.dropped == 3);
}

TEST_CASE_METHOD(clean_logging, "a record of which an encoder writes nothing, or throws, is lost and counted",
                 "[LG-23][H14]") {
  struct refusing final : ctxlog::encoder {
    void encode(const record& rec, fmt::memory_buffer& out) const override {
      if (rec.message() == "throws") throw std::runtime_error("encoder went wrong");
      if (rec.message() == "fine") out.push_back('\n');
    }
  };
  const int sinks = GENERATE(1, 2);  // encoded in the sink, and before it
  const auto encoder = std::make_shared<refusing>();
  std::string lines;
  for (int i = 0; i < sinks; ++i)
    ctxlog::add_sink(calling([&](const record&, std::string_view line) { lines += line; }),
                     {.encoder = encoder});
  for (const char* message : {"fine", "nothing", "throws", "fine"}) ctxlog::info("{}", message);
  CHECK(lines == std::string(static_cast<std::size_t>(2 * sinks), '\n'));
  const auto account = account_of("calling");
  CHECK(account.accepted == 4);
  CHECK(account.written == 2);
  CHECK(account.dropped == 2);
}

TEST_CASE("losses are counted each and reported once a second at most", "[LG-23][H14]") {
  const auto child = run_child("logger_failures", {"sink"}, {"ENV=PROD"});
  CHECK(child.status == 0);
  const auto numbers = nlohmann::json::parse(child.output_lines().back());
  CHECK(numbers["dropped"] == 10'000);
  const auto reports = child.error_lines();
  REQUIRE_FALSE(reports.empty());
  CHECK(reports[0] == "ctxlog: sink refusing: No space left on device; a record is lost");
  CHECK(reports.size() <= numbers["seconds"].get<std::size_t>() + 2);
}

TEST_CASE_METHOD(clean_logging, "accepted is written plus dropped whatever the threads", "[LG-23][H14]") {
  std::atomic<int> calls{0};
  ctxlog::add_sink(std::make_shared<ctxlog::callback_sink>(
      [&](const record&, std::string_view) {
        if (++calls % 3 == 0) throw 42;
      },
      "every third"));
  std::vector<std::thread> workers;
  for (int t = 0; t < 4; ++t)
    workers.emplace_back([] {
      for (int i = 0; i < 750; ++i) ctxlog::info("x");
    });
  for (auto& worker : workers) worker.join();
  const auto account = account_of("every third");
  CHECK(account.accepted == 3'000);
  CHECK(account.dropped == 1'000);
  CHECK(account.written == 2'000);
}

struct refusing_encoder final : ctxlog::encoder {
  void encode(const record&, fmt::memory_buffer&) const override { throw std::bad_alloc(); }
};

TEST_CASE_METHOD(clean_logging,
                 "a record that cannot be encoded is dropped where it could not, and only there", "[H14]") {
  const capture broken({.encoder = std::make_shared<refusing_encoder>()});
  const capture fine(as_json());
  ctxlog::info("x");
  CHECK(broken.size() == 0);
  CHECK(fine.size() == 1);
  CHECK(ctxlog::stats().sinks[0].dropped == 1);
}

TEST_CASE_METHOD(clean_logging, "threads that meet at the only sink write whole lines in the order of each",
                 "[LG-23][H14]") {
  constexpr int threads = 4, records = 5000;
  const logger_test::stream_file output;
  const auto sink = std::make_shared<ctxlog::fd_sink>(output.descriptor(), "output",
                                                      ctxlog::fd_options{.buffer_size = 2000});
  ctxlog::add_sink(sink, as_json());
  {
    std::vector<std::jthread> writers;
    for (int writer = 0; writer < threads; ++writer)
      writers.emplace_back([writer] {
        for (int i = 0; i < records; ++i)
          ctxlog::info("line {}", std::string(static_cast<std::size_t>(i % 60), 'x'), kv("writer", writer),
                       kv("number", i));
      });
  }
  CHECK(ctxlog::flush());
  std::vector<int> next(threads, 0);
  std::istringstream lines(output.content());
  for (std::string line; std::getline(lines, line);) {
    const auto json = nlohmann::json::parse(line);
    const auto writer = json.at("writer").get<std::size_t>();
    REQUIRE(json.at("number") == next.at(writer));
    REQUIRE(json.at("message").get<std::string>().size() ==
            5 + static_cast<std::size_t>(next[writer]++ % 60));
  }
  CHECK(next == std::vector<int>(threads, records));
  const auto account = account_of("output");
  CHECK(account.accepted == threads * records);
  CHECK(account.written == threads * records);
}

TEST_CASE_METHOD(clean_logging, "a flush says whether all is out", "[H14]") {
  struct holding final : ctxlog::sink {
    std::error_code write(const record&, std::string_view) override { return {}; }
    std::error_code flush() override {
      return stuck ? make_error_code(std::errc::no_space_on_device) : std::error_code();
    }
    std::string_view name() const noexcept override { return "holding"; }
    bool stuck = true;
  };
  const auto sink = std::make_shared<holding>();
  ctxlog::add_sink(sink);
  CHECK_FALSE(ctxlog::flush());
  sink->stuck = false;
  CHECK(ctxlog::flush());
}

// ---- records made while a record is made ----

TEST_CASE_METHOD(clean_logging, "a record made inside a sink is counted, not delivered, and nothing hangs",
                 "[LG-22][H14]") {
  int calls = 0;
  ctxlog::add_sink(calling([&](const record&, std::string_view) {
    ++calls;
    ctxlog::error("inside {}", calls);
    logger("other").bind(kv("k", 1)).error("inside too");
  }));
  const capture other;
  const auto before = ctxlog::stats().undelivered;
  ctxlog::info("x");
  CHECK(calls == 1);
  CHECK(other.size() == 1);
  CHECK(ctxlog::stats().undelivered == before + 2);
}

TEST_CASE_METHOD(clean_logging, "a record made inside an encoder or a filter is counted and nothing recurses",
                 "[LG-22][H14]") {
  struct logging_encoder final : ctxlog::encoder {
    void encode(const record&, fmt::memory_buffer& out) const override {
      ctxlog::info("inside");
      out.append(std::string_view("line\n"));
    }
  };
  const capture encoded({.encoder = std::make_shared<logging_encoder>()});
  const capture filtered({.filter = [](const record&) {
    ctxlog::info("inside");
    return true;
  }});
  const auto before = ctxlog::stats().undelivered;
  ctxlog::info("x");
  CHECK(encoded.only().line == "line\n");
  CHECK(filtered.only().message == "x");
  CHECK(ctxlog::stats().undelivered == before + 2);
}

TEST_CASE_METHOD(clean_logging, "a record made inside a patcher is delivered without patchers",
                 "[LG-22][H14]") {
  int calls = 0;
  ctxlog::configure({.patchers = {{[&](record& rec) {
                                     ++calls;
                                     ctxlog::warn("inside", kv("call", calls));
                                     rec.set("outer", 1);
                                   },
                                   ctxlog::patcher::of_context([&](ctxlog::field_set& fields) {
                                     ctxlog::warn("inside too");
                                     fields.set("context", 1);
                                   })}}});
  capture records(as_json());
  ctxlog::info("x {}", 5, kv("k", 1));
  CHECK(calls == 1);
  const auto all = records.all();
  REQUIRE(all.size() == 3);
  CHECK(all[0].message == "inside");
  CHECK(all[0].keys == std::vector<std::string>{"call"});
  CHECK(all[1].message == "inside too");
  CHECK(all[2].message == "x 5");
  CHECK(all[2].keys == std::vector<std::string>{"k", "outer", "context"});
}

TEST_CASE_METHOD(clean_logging, "values may log while they are converted", "[LG-22][H14]") {
  capture records(as_json());
  ctxlog::info("{} {a}", calls::logs_in_format(), kv("a", calls::logs_in_json()),
               kv("b", calls::logs_in_format()));
  const auto last = records.last();
  CHECK(last.message == "made made");
  CHECK(parsed(last)["b"] == "made");
  std::vector<std::string> messages;
  for (const auto& rec : records.all()) messages.push_back(rec.message);
  CHECK(messages == std::vector<std::string>{"in to_json 1", "in format 2", "in format 2", "made made"});
}

TEST_CASE_METHOD(clean_logging, "what dies with an old configuration may log", "[LG-22][H14]") {
  struct logs_at_end {
    ~logs_at_end() { ctxlog::info("patcher gone"); }
  };
  capture records;
  ctxlog::configure({.patchers = {{[held = std::make_shared<logs_at_end>()](record&) { CHECK(held); }}}});
  ctxlog::configure({.patchers = std::vector<ctxlog::patcher>{}});
  ctxlog::info("x");
  std::thread([] { ctxlog::info("on a thread that never saw the patcher"); }).join();
  CHECK(records.size() == 3);
}

TEST_CASE_METHOD(clean_logging, "a slow sink holds up its own callers only", "[H14]") {
  std::latch inside(1), go_on(1);
  ctxlog::add_sink(calling([&](const record&, std::string_view) {
                     inside.count_down();
                     go_on.wait();
                   }),
                   {.level = level::error});
  const capture records;
  std::thread slow([] { ctxlog::error("x"); });
  inside.wait();
  for (int i = 0; i < 10; ++i) ctxlog::info("y");
  CHECK(records.size() == 10);
  go_on.count_down();
  slow.join();
}

TEST_CASE_METHOD(clean_logging, "callers that wait for a slow sink sleep, and each gets its turn", "[H14]") {
  constexpr int threads = 4, each = 4;
  ctxlog::add_sink(calling([](const record&, std::string_view) { std::this_thread::sleep_for(20ms); }));
  std::atomic<std::int64_t> busy_nanoseconds{0};
  std::vector<std::thread> workers;
  for (int t = 0; t < threads; ++t)
    workers.emplace_back([&] {
      for (int i = 0; i < each; ++i) ctxlog::info("x");
      timespec busy{};
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &busy);
      busy_nanoseconds += std::int64_t{busy.tv_sec} * 1'000'000'000 + busy.tv_nsec;
    });
  for (auto& worker : workers) worker.join();
  CHECK(account_of("calling").written == threads * each);
  CHECK(std::chrono::nanoseconds(busy_nanoseconds) < threads * each * 20ms / 2);
}

TEST_CASE_METHOD(clean_logging, "a log call leaves errno as it was", "[H14]") {
  ctxlog::configure({.patchers = {{[](record&) { errno = EIO; }}}});
  ctxlog::add_sink(calling([](const record&, std::string_view) { errno = ENOSPC; }));
  errno = ENOENT;
  ctxlog::info("x {}", 1, kv("k", calls::sets_errno()));
  const int after = errno;
  CHECK(after == ENOENT);
}

}  // namespace
