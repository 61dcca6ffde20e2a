// Records keep the order of their thread and, between threads, of their time; whatever changes meanwhile.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <atomic>
#include <catch2/generators/catch_generators.hpp>
#include <string>
#include <thread>
#include <vector>

#include "support.hpp"

namespace {

using namespace async_test;
using namespace ctxlog::literals;

constexpr int writers = 4;

constinit ctxlog::context_var<int> request{"request"};

/// Threads that log `count` numbered records each; `between` runs on the thread of the test meanwhile.
template <class Between>
void log_on_threads(int count, Between between) {
  std::atomic<int> running{writers};
  std::vector<std::thread> threads;
  for (int writer = 0; writer < writers; ++writer)
    threads.emplace_back([&running, writer, count] {
      for (int n = 0; n < count; ++n) ctxlog::info("record {}", n, "writer"_kv = writer, "n"_kv = n);
      --running;
    });
  while (running != 0) between();
  for (auto& thread : threads) thread.join();
}

void require_all(const keeping_sink& sink, int count) {
  REQUIRE(ctxlog::flush(patience));
  const auto numbers = numbers_by_writer(sink.lines());
  REQUIRE(numbers.size() == writers);
  for (const auto& [writer, of_writer] : numbers) {
    INFO("writer " << writer << ", " << of_writer.size() << " records");
    CHECK(is_counted(of_writer, count));
  }
}

TEST_CASE_METHOD(clean_async, "four threads' records come each in its order, together in that of their times",
                 "[async][H6]") {
  const auto sink = keep_lines();
  go_async();
  constexpr int count = 20'000;
  log_on_threads(count, [] { std::this_thread::yield(); });
  require_all(*sink, count);
  // A thread that is interrupted between reading its clock and publishing the record comes late.
  const auto lines = sink->lines();
  std::size_t late = 0;
  std::string latest;
  for (const auto& line : lines) {
    auto time = line.get<std::string>("time");
    if (time < latest) ++late;
    latest = std::max(latest, std::move(time));
  }
  INFO(late << " of " << lines.size() << " records are late");
  CHECK(late * 100 < lines.size());
}

TEST_CASE_METHOD(clean_async, "records of several threads are written in the order in which they were made",
                 "[async][H6]") {
  const auto held = hold_lines();
  go_async();
  ctxlog::info("holds the pipeline");
  held->door.wait_for_guest();
  constexpr int turns = 200;
  std::atomic<int> turn{0};
  std::vector<std::thread> threads;
  for (int writer = 0; writer < writers; ++writer)
    threads.emplace_back([&turn, writer] {
      for (int n = writer; n < turns; n += writers) {
        while (turn != n) std::this_thread::yield();
        ctxlog::info("turn", kv("turn", n));
        turn = n + 1;
      }
    });
  for (auto& thread : threads) thread.join();
  held->door.open();
  REQUIRE(ctxlog::flush(patience));
  const auto lines = held->lines();
  REQUIRE(lines.size() == turns + 1);
  for (int n = 0; n < turns; ++n) REQUIRE(lines[static_cast<std::size_t>(n) + 1].get<int>("turn") == n);
}

TEST_CASE_METHOD(clean_async, "the pipeline changes while threads log: nothing is lost, none overtakes",
                 "[async][H6]") {
  const auto sink = keep_lines();
  constexpr int count = thread_sanitizer ? 5'000 : 20'000;
  int step = 0;
  SECTION("from sync to async and back") {
    log_on_threads(count, [&] { ++step % 2 == 0 ? go_sync() : go_async(); });
  }
  SECTION("to other sizes") {
    log_on_threads(count, [&] { go_async({.queue_bytes = std::size_t{16 * 1024} << (++step % 4)}); });
  }
  SECTION("to fewer queues than threads") {
    log_on_threads(count, [&] {
      go_async({.queue_bytes = 16 * 1024,
                .memory_bytes = std::size_t{20 * 1024} * static_cast<std::size_t>(++step % 4)});
    });
  }
  SECTION("in patchers and fields") {
    go_async();
    log_on_threads(count, [&] {
      ctxlog::configure({.fields = ctxlog::fields(kv("step", ++step))});
      if (step % 3 == 0) ctxlog::configure({.patchers = {{[](record& rec) { rec.set("patched", 1); }}}});
      if (step % 3 == 1) ctxlog::configure({.patchers = {{ctxlog::context_variables(request)}}});
    });
  }
  require_all(*sink, count);
}

TEST_CASE_METHOD(clean_async, "records too large for the queue keep their place", "[async]") {
  const auto when_full = GENERATE(overflow::block, overflow::drop_oldest);
  const auto sink = keep_lines();
  go_async({.queue_bytes = 16 * 1024, .when_full = when_full, .protected_level = level::trace});
  constexpr int count = 2'000;
  for (int n = 0; n < count; ++n) {
    const std::size_t size = n % 500 == 0 ? 10'000'000 : n % 10 == 0 ? 3'000 : 10;
    const std::string text(size, 'x');
    if (n % 3 == 0)
      ctxlog::info("large", kv("writer", 0), kv("n", n), kv("list", std::vector<int>{n}), kv("text", text));
    else
      ctxlog::info("large", kv("writer", 0), kv("n", n), kv("text", text));
  }
  REQUIRE(ctxlog::flush(patience));
  const auto lines = sink->lines();
  CHECK(is_counted(numbers_by_writer(lines)[0], count));
}

TEST_CASE_METHOD(clean_async, "fields too large for the queue keep their records in place", "[async]") {
  const auto when_full = GENERATE(overflow::block, overflow::drop_oldest);
  const auto sink = keep_lines();
  go_async({.queue_bytes = 16 * 1024, .when_full = when_full, .protected_level = level::trace});
  const ctxlog::logger plain("plain");
  const auto small = plain.bind(kv("bound", "small")),
             large = plain.bind(kv("bound", std::string(3'000, 'b')));
  constexpr int count = 400;
  require_end_of([&] {
    for (int n = 0; n < count; ++n) {
      const auto fields = ctxlog::with_fields(kv("ambient", std::string(n % 7 == 0 ? 3'000 : 10, 'a')));
      (n % 5 == 0 ? large : small).info("record", kv("writer", 0), kv("n", n));
    }
  });
  REQUIRE(ctxlog::flush(patience));
  CHECK(is_counted(numbers_by_writer(sink->lines())[0], count));
}

TEST_CASE_METHOD(clean_async, "contexts that no queued record refers to take no room for ever", "[async]") {
  const auto when_full =
      GENERATE(overflow::block, overflow::drop_newest, overflow::drop_oldest, overflow::drop_below);
  const auto sink = keep_lines();
  go_async({.queue_bytes = 16 * 1024, .when_full = when_full, .protected_level = level::trace});
  ctxlog::configure({.patchers = {{ctxlog::context_variables(request)}}});
  constexpr int count = 2'000;
  const char* const pointer = "text";
  require_end_of([&] {
    for (int n = 0; n < count; ++n) {
      const auto bound = request.bind(n);
      // Only its caller can show the pointer, and the text with it is too large for the queue.
      ctxlog::info("{:p} {:>3000}", pointer, n, kv("writer", 0), kv("n", n));
    }
    ctxlog::info("queued", kv("writer", 0), kv("n", count));
  });
  REQUIRE(ctxlog::flush(patience));
  CHECK(is_counted(numbers_by_writer(sink->lines())[0], count + 1));
}

TEST_CASE_METHOD(clean_async, "more call sites than the dictionary holds lose no record and no order",
                 "[async]") {
  const auto when_full = GENERATE(overflow::block, overflow::drop_oldest);
  const auto sink = keep_lines();
  go_async({.when_full = when_full, .protected_level = level::trace});
  constexpr int count = 4'000;
  require_end_of([&] {
    for (int n = 0; n < count; ++n) {
      const ctxlog::logger log("dictionary." + std::to_string(n) + std::string(200, 'n'));
      log.info("record", kv("writer", 0), kv("n", n));
    }
  });
  REQUIRE(ctxlog::flush(patience));
  CHECK(is_counted(numbers_by_writer(sink->lines())[0], count));
}

TEST_CASE_METHOD(clean_async, "flush right after the pipeline became synchronous returns", "[async]") {
  const auto sink = keep_lines();
  constexpr int count = 300;
  require_end_of([&] {
    for (int n = 0; n < count; ++n) {
      go_async({.queue_bytes = 16 * 1024, .memory_bytes = 64 * 1024, .crash_safe = false});
      std::thread([n] { ctxlog::info("record", kv("writer", 0), kv("n", n)); }).join();
      go_sync();
      ctxlog::flush();
    }
  });
  CHECK(is_counted(numbers_by_writer(sink->lines())[0], count));
}

}  // namespace
