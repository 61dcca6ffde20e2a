// A full queue: each policy keeps what it promises and every record is accounted for.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <atomic>
#include <catch2/generators/catch_generators.hpp>
#include <cerrno>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "support.hpp"

namespace {

using namespace async_test;
using ctxlog::drop_reason;

constinit ctxlog::context_var<int> request{"request"};

struct counts_asking {
  std::atomic<int>* times;
};
void to_json(nlohmann::json& json, const counts_asking& asked) {
  ++*asked.times;
  json = std::string(1'500, 'x');
}
constinit ctxlog::context_var<counts_asking> asked{"asked"};

async_pipeline small(overflow when_full) {
  return {.queue_bytes = 16 * 1024,
          .memory_bytes = 64 * 1024,
          .when_full = when_full,
          .block_timeout = for_ever,
          .protected_level = level::warn};
}

/// A pipeline whose thread is held in its sink, so that queues fill.
class held_pipeline : public clean_async {
 public:
  void start(async_pipeline options) {
    go_async(std::move(options));
    ctxlog::error("holds the pipeline");
    held->door.wait_for_guest();
  }
  /// Lets everything through; the lines apart from the first and from those of the library.
  std::vector<strict_json::object> let_through() {
    held->door.open();
    REQUIRE(ctxlog::flush(patience));
    std::vector<strict_json::object> result;
    for (auto& line : held->lines()) {
      if (line.get<std::string>("message") == "holds the pipeline") continue;
      if (line.get<std::string>("logger") == "ctxlog")
        announced[{line.get<std::string>("reason"), line.get<std::string>("dropped_level")}] +=
            line.get<std::uint64_t>("dropped");
      else
        result.push_back(std::move(line));
    }
    const auto present = counted.now();
    CHECK(present.pending == 0);
    CHECK(present.accepted == present.delivered + present.dropped);
    const auto of_sink = account_of("held");
    CHECK(of_sink.accepted == of_sink.written + of_sink.dropped);
    return result;
  }
  ~held_pipeline() { held->door.open(); }

  account counted;
  std::shared_ptr<held_sink> held = hold_lines();
  std::map<std::pair<std::string, std::string>, std::uint64_t> announced;
};

/// Logs so much that the queue of the thread is full several times over.
void overfill(level l, int count = 1000) {
  for (int n = 0; n < count; ++n) ctxlog::log(l, "record", kv("writer", 0), kv("n", n));
}

TEST_CASE_METHOD(held_pipeline, "block: the caller waits for room and nothing is dropped", "[async][H14]") {
  start(small(overflow::block));
  std::atomic<int> logged{0}, errno_changed{0};
  std::thread caller([&] {
    for (int n = 0; n < 1000; ++n) {
      errno = EDOM;
      ctxlog::info("record", kv("writer", 0), kv("n", n));
      if (errno != EDOM) ++errno_changed;
      logged = n + 1;
    }
  });
  while (counted.now().pending < 100) std::this_thread::yield();
  CHECK_FALSE(ctxlog::flush(1ms));
  CHECK(logged < 1000);
  held->door.open();
  caller.join();
  CHECK(is_counted(numbers_by_writer(let_through())[0], 1000));
  CHECK(counted.now().dropped == 0);
  CHECK(errno_changed == 0);
}

TEST_CASE_METHOD(held_pipeline, "block: a context is asked once for what it says, however full the queue is",
                 "[async][H14]") {
  ctxlog::configure({.patchers = {{ctxlog::context_variables(asked)}}});
  start(small(overflow::block));
  constexpr int count = 1000;
  std::atomic<int> times{0};
  std::thread caller([&] {
    for (int n = 0; n < count; ++n) {
      const auto bound = asked.bind(counts_asking{&times});
      ctxlog::info("record", kv("writer", 0), kv("n", n));
    }
  });
  while (counted.now().pending < 8) std::this_thread::yield();  // the one that is held, and all that fit
  held->door.open();
  caller.join();
  CHECK(is_counted(numbers_by_writer(let_through())[0], count));
  CHECK(times == count);
}

TEST_CASE_METHOD(held_pipeline, "block_for: what finds no room in time is dropped", "[async][H14]") {
  auto options = small(overflow::block_for);
  options.block_timeout = 1ms;
  start(options);
  overfill(level::error, 300);
  const auto lines = let_through();
  const auto dropped = counted.dropped(drop_reason::timed_out, level::error);
  CHECK(dropped > 0);
  CHECK(lines.size() + dropped == 300);
  CHECK(announced == decltype(announced){{{"timed_out", "error"}, dropped}});
}

TEST_CASE_METHOD(held_pipeline, "drop_newest: what finds no room is dropped at once", "[async][H14]") {
  start(small(overflow::drop_newest));
  require_end_of([&] { overfill(level::info); });
  const auto lines = let_through();
  const auto dropped = counted.dropped(drop_reason::newest, level::info);
  CHECK(dropped > 0);
  CHECK(lines.size() + dropped == 1000);
  CHECK(is_counted(numbers_by_writer(lines)[0], static_cast<int>(lines.size())));
  CHECK(announced == decltype(announced){{{"newest", "info"}, dropped}});
}

TEST_CASE_METHOD(held_pipeline, "a dropping policy keeps no caller whose context changes", "[async][H14]") {
  ctxlog::configure({.patchers = {{ctxlog::context_variables(request)}}});
  start(small(GENERATE(overflow::drop_newest, overflow::drop_below)));
  constexpr int count = 1000;
  require_end_of([&] {
    const ctxlog::logger log("l");
    for (int n = 0; n < count; ++n) {
      const auto bound = request.bind(n);
      log.bind(kv("writer", 0)).info("record", kv("n", n));
    }
  });
  const auto lines = let_through();
  CHECK(lines.size() + counted.now().dropped == count);
  for (const auto& line : lines) {
    CHECK(line.get<int>("request") == line.get<int>("n"));
    CHECK(line.get<int>("writer") == 0);
  }
}

TEST_CASE_METHOD(held_pipeline, "drop_oldest: the newest are kept and the caller is not", "[async][H14]") {
  start(small(overflow::drop_oldest));
  require_end_of([&] { overfill(level::info); });
  const auto lines = let_through();
  const auto dropped = counted.dropped(drop_reason::oldest, level::info);
  CHECK(dropped > 0);
  CHECK(lines.size() + dropped == 1000);
  auto numbers = numbers_by_writer(lines)[0];
  for (int& n : numbers) n -= static_cast<int>(dropped);
  CHECK(is_counted(numbers, static_cast<int>(lines.size())));
  CHECK(announced == decltype(announced){{{"oldest", "info"}, dropped}});
}

TEST_CASE_METHOD(held_pipeline, "drop_oldest: a protected record at the front keeps no unprotected caller",
                 "[async][H14]") {
  start(small(overflow::drop_oldest));
  require_end_of([] {
    ctxlog::warn("protected");
    overfill(level::info);
  });
  const auto lines = let_through();
  REQUIRE(!lines.empty());
  CHECK(lines[0].get<std::string>("message") == "protected");
  CHECK(counted.dropped(drop_reason::newest, level::info) == counted.now().dropped);
  CHECK(lines.size() - 1 + counted.now().dropped == 1000);
}

TEST_CASE_METHOD(clean_async, "drop_oldest: a caller that delivers by itself overtakes no record under way",
                 "[async][H14]") {
  gate door;
  const auto sink = std::make_shared<keeping_sink>();
  ctxlog::add_sink(sink, {.encoder = ctxlog::json_encoder(), .filter = [&](const record& rec) {
                            if (rec.message() == "small") door.pass();
                            return true;
                          }});
  go_async(small(overflow::drop_oldest));
  std::packaged_task<void()> log([] {
    ctxlog::info("small", kv("writer", 0), kv("n", 0));
    ctxlog::info("large", kv("writer", 0), kv("n", 1), kv("text", std::string(10'000, 'x')));
  });
  auto logged = log.get_future();
  std::thread caller(std::move(log));
  door.wait_for_guest();
  logged.wait_for(100ms);  // the mistake has time to happen
  door.open();
  caller.join();
  REQUIRE(ctxlog::flush(patience));
  CHECK(is_counted(numbers_by_writer(sink->lines())[0], 2));
}

TEST_CASE_METHOD(held_pipeline, "drop_below: the last fifth of a queue is for protected records",
                 "[async][H14]") {
  start(small(overflow::drop_below));
  require_end_of([&] {
    overfill(level::info);
    for (int n = 0; n < 10; ++n) ctxlog::warn("protected", kv("writer", 1), kv("n", n));
    overfill(level::debug, 10);
  });
  const auto lines = let_through();
  CHECK(is_counted(numbers_by_writer(lines)[1], 10));
  const auto info = counted.dropped(drop_reason::below_level, level::info),
             debug = counted.dropped(drop_reason::below_level, level::debug);
  CHECK(debug == 10);
  CHECK(lines.size() + info == 1010);
  CHECK(announced == decltype(announced){{{"below_level", "info"}, info}, {{"below_level", "debug"}, debug}});
}

TEST_CASE_METHOD(held_pipeline, "protected records wait under every dropping policy", "[async][H14]") {
  const auto policy = GENERATE(overflow::drop_newest, overflow::drop_oldest, overflow::drop_below);
  start(small(policy));
  std::thread caller([] {
    for (int n = 0; n < 500; ++n) ctxlog::warn("protected", kv("writer", 0), kv("n", n));
  });
  while (counted.now().pending < 100) std::this_thread::yield();
  held->door.open();
  caller.join();
  const auto lines = let_through();
  CHECK(is_counted(numbers_by_writer(lines)[0], 500));
  CHECK(counted.now().dropped == 0);
}

TEST_CASE_METHOD(clean_async,
                 "accepted is written plus dropped, whatever the policy and how many threads log",
                 "[async][H14]") {
  const auto policy = GENERATE(overflow::block, overflow::block_for, overflow::drop_newest,
                               overflow::drop_oldest, overflow::drop_below);
  const account counted;
  const auto sink = keep_lines();
  auto options = small(policy);
  options.block_timeout = 1ms;
  options.protected_level = level::error;
  go_async(options);
  constexpr int writers = 3, count = thread_sanitizer ? 2'000 : 10'000;
  std::vector<std::thread> threads;
  for (int writer = 0; writer < writers; ++writer)
    threads.emplace_back([writer] {
      for (int n = 0; n < count; ++n)
        ctxlog::log(n % 10 == 0 ? level::error : level::info, "record", kv("writer", writer), kv("n", n));
    });
  for (auto& thread : threads) thread.join();
  REQUIRE(ctxlog::flush(patience));
  const auto present = counted.now();
  CHECK(present.accepted == writers * count);
  CHECK(present.pending == 0);
  CHECK(present.accepted == present.delivered + present.dropped);
  std::uint64_t records = 0, announced = 0;
  for (const auto& line : sink->lines())
    line.has("dropped") ? announced += line.get<std::uint64_t>("dropped") : ++records;
  CHECK(records == present.delivered);
  CHECK(announced == present.dropped);
  for (auto& [writer, numbers] : numbers_by_writer(sink->lines()))
    CHECK(std::is_sorted(numbers.begin(), numbers.end()));
  const auto of_sink = account_of("keeping");
  CHECK(of_sink.accepted == of_sink.written + of_sink.dropped);
}

TEST_CASE_METHOD(clean_async, "a sink that refuses or throws has its own account and disturbs no other",
                 "[async][H14]") {
  const auto kept = keep_lines();
  ctxlog::add_sink(calling([](const record& rec, std::string_view) {
    if (rec.level() == level::info) throw 42;
    if (rec.level() == level::warn) throw std::runtime_error("sink went wrong");
  }));
  const account counted;
  go_async();
  for (int n = 0; n < 100; ++n) {
    ctxlog::info("x");
    ctxlog::warn("y");
    ctxlog::error("z");
  }
  REQUIRE(ctxlog::flush(patience));
  CHECK(kept->lines().size() == 300);
  CHECK(counted.now().delivered == 300);
  const auto account = account_of("calling");
  CHECK(account.accepted == 300);
  CHECK(account.written == 100);
  CHECK(account.dropped == 200);
}

}  // namespace
