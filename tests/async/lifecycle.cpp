// Beginning, waiting and ending: flush, shutdown, exits of all kinds, threads that come and go, rest.
// SPDX-License-Identifier: MIT
#include <atomic>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "sinks.hpp"
#include "support.hpp"

namespace {

using namespace async_test;
using logger_test::run_child;
using sinks_test::temporary_directory;

long kilobytes(const std::string& what) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(what + ":")) return std::stol(line.substr(what.size() + 1));
  FAIL("no " << what << " in /proc/self/status");
  return 0;
}

TEST_CASE_METHOD(clean_async, "flush waits for the records of all threads", "[async][H14][LG-15]") {
  const auto sink = keep_lines();
  go_async();
  for (int round = 0; round < 20; ++round) {
    std::vector<std::thread> threads;
    for (int writer = 0; writer < 3; ++writer)
      threads.emplace_back([=] {
        for (int n = 0; n < 50; ++n) ctxlog::info("record", kv("writer", writer), kv("n", 50 * round + n));
      });
    for (auto& thread : threads) thread.join();
    REQUIRE(ctxlog::flush());
    REQUIRE(sink->lines().size() == static_cast<std::size_t>(150 * (round + 1)));
  }
}

TEST_CASE_METHOD(clean_async, "flush with a time limit returns while a sink is stuck", "[async][H14]") {
  const auto held = hold_lines();
  go_async();
  ctxlog::info("x");
  held->door.wait_for_guest();
  require_end_of([] { CHECK_FALSE(ctxlog::flush(10ms)); });
  held->door.open();
  CHECK(ctxlog::flush(patience));
}

TEST_CASE_METHOD(clean_async, "a record comes to its sink without flush()", "[async][H14]") {
  gate arrived;
  ctxlog::add_sink(calling([&](const record&, std::string_view) { arrived.pass(); }));
  go_async();
  ctxlog::info("x");
  arrived.wait_for_guest();
  arrived.open();
  CHECK(ctxlog::flush(patience));  // the sink is done with the gate
}

TEST_CASE_METHOD(clean_async, "sinks, filters and patchers may log behind and before the queue",
                 "[async][H14][LG-22]") {
  const auto kept = keep_lines();
  ctxlog::add_sink(calling([](const record& rec, std::string_view) {
                     ctxlog::info("from the sink", kv("n", 1));
                     ctxlog::error("from the sink {}", rec.message());
                     (void)ctxlog::stats();
                   }),
                   {.filter = [](const record&) {
                     ctxlog::warn("from the filter", kv("v", std::vector<int>{1}));
                     return true;
                   }});
  ctxlog::configure({.patchers = {{[](record& rec) {
                       ctxlog::info("from the patcher");
                       rec.set("patched", true);
                     }}}});
  const auto undelivered = ctxlog::stats().undelivered;
  go_async({.queue_bytes = 16 * 1024, .memory_bytes = 20 * 1024});
  require_end_of([] {
    for (int i = 0; i < 100; ++i) ctxlog::info("record {}", i);
    std::thread([] {  // there is no second queue
      for (int i = 0; i < 100; ++i) ctxlog::info("record {}", i);
    })
        .join();
    CHECK(ctxlog::flush(patience));
  });
  const auto lines = kept->lines();
  CHECK(lines.size() == 400);  // each with that of the patcher
  CHECK(ctxlog::stats().undelivered - undelivered == 400 * 3);
}

TEST_CASE_METHOD(clean_async, "more threads than queues: what finds no queue is delivered by its caller",
                 "[async][H14]") {
  const auto sink = keep_lines();
  go_async({.queue_bytes = 16 * 1024, .memory_bytes = 64 * 1024});
  constexpr int writers = 12, count = 500;
  std::vector<std::thread> threads;
  for (int writer = 0; writer < writers; ++writer)
    threads.emplace_back([writer] {
      for (int n = 0; n < count; ++n) ctxlog::info("record", kv("writer", writer), kv("n", n));
    });
  for (auto& thread : threads) thread.join();
  REQUIRE(ctxlog::flush(patience));
  const auto numbers = numbers_by_writer(sink->lines());
  CHECK(numbers.size() == writers);
  for (const auto& [writer, of_writer] : numbers) CHECK(is_counted(of_writer, count));
}

TEST_CASE_METHOD(clean_async, "threads that come and go lose nothing and keep no memory", "[async][H14]") {
  constexpr int count = thread_sanitizer ? 5'000 : 100'000;
  std::atomic<int> lines{0};
  std::vector<std::atomic<bool>> seen(count);
  ctxlog::add_sink(calling([&](const record& rec, std::string_view) {
    rec.for_each_field([&](const ctxlog::field& f) {
      if (f.key == "n") seen[static_cast<std::size_t>(f.value.integer())] = true;
    });
    ++lines;
  }));
  constexpr long memory = 4 * 1024;  // kilobytes
  go_async({.queue_bytes = 16 * 1024, .memory_bytes = memory * 1024});
  const auto one_record = [](int n) { std::thread([n] { ctxlog::info("short life", kv("n", n)); }).join(); };
  for (int n = 0; n < 1000; ++n) one_record(n);
  const long before = kilobytes("VmSize");
  for (int n = 1000; n < count; ++n) one_record(n);
  REQUIRE(ctxlog::flush(patience));
  CHECK(lines == count);
  for (const auto& each : seen) REQUIRE(each);
  if (address_sanitizer || thread_sanitizer) return;  // they keep freed memory for a while
  CHECK(kilobytes("VmSize") - before <= 3 * memory);  // rings are mapped twice
}

TEST_CASE("a warm caller allocates nothing for a record", "[async][perf]") {
  for (const char* format : {"json", "pretty", "otlp"}) {
    const auto child = run_child("async_allocations", {}, {"ENV=PROD", "LOG_FORMAT=" + std::string(format)});
    INFO(format << '\n' << child.output << child.errors);
    CHECK(child.status == 0);
    CHECK(child.output == "allocations of 1000 records: 0\nlines: 1100\n");
  }
}

TEST_CASE("a pipeline without work sleeps, and wakes for the next record", "[async]") {
  const auto child = run_child("async_rest");
  INFO(child.output << child.errors);
  CHECK(child.status == 0);
}

TEST_CASE("every way to the end of a program writes its records and leaves no queue behind", "[async][H14]") {
  for (const char* way : {"return", "exit", "exit on a thread", "quick_exit after flush"}) {
    const temporary_directory queues;
    const auto child =
        run_child("async_end", {way}, {"ENV=PROD", "LOG_ASYNC=1", "LOG_QUEUE_DIR=" + queues.path.string()});
    INFO(way << '\n' << child.errors << child.output);
    CHECK(child.status == 0);
    CHECK(child.errors.empty());
    std::vector<int> numbers;
    std::set<std::string> late;
    for (const auto& line : strict_json::parse_lines(child.output))
      line.has("n") ? numbers.push_back(line.get<int>("n"))
                    : (void)late.insert(line.get<std::string>("message"));
    CHECK(is_counted(numbers, 1000));
    if (way != std::string_view("quick_exit after flush")) {
      CHECK(late.contains("static initialiser"));
      CHECK(late.contains("thread_local destructor of a thread"));
      CHECK(late.contains("atexit"));
      CHECK(late.contains("static destructor"));
      CHECK(late.contains("static destructor of what was there before the logger"));
      CHECK(std::filesystem::is_empty(queues.path));
    }
  }
}

TEST_CASE("shutdown returns in time though a sink is stuck; the program may log on, and ends",
          "[async][H14]") {
  const auto child = run_child("async_stuck");
  INFO(child.output << child.errors);
  CHECK(child.status == 0);
  const auto account = strict_json::parse(child.output);
  CHECK(account.get<int>("accepted") == 50);
  CHECK(account.get<int>("pending") > 0);
  CHECK(account.get<int>("delivered") + account.get<int>("pending") == 50);
  CHECK(account.get<int>("undelivered") == 10);
}

TEST_CASE("children forked while threads log asynchronously log too, each line once", "[async][H9]") {
  if (thread_sanitizer)
    SKIP("ThreadSanitizer supports no new threads after fork() in a program with threads");
  // What the threads of the parent own has no owner in a child: there it is no leak.
  const auto child =
      run_child("async_fork", {"200"}, {"ENV=PROD", "LOG_ASYNC=1", "ASAN_OPTIONS=detect_leaks=0"});
  CHECK(child.status == 0);
  INFO(child.errors);
  CHECK(child.errors.empty());
  std::map<int, std::vector<int>> children;
  std::map<int, std::vector<int>> parents_threads;
  int parents_process = 0;
  for (const auto& line : strict_json::parse_lines(child.output)) {
    const int pid = line.get<int>("process.pid");
    if (line.has("writer")) {
      parents_threads[line.get<int>("writer")].push_back(line.get<int>("n"));
      parents_process = pid;
    } else {
      REQUIRE(line.get<int>("expected_pid") == pid);
      REQUIRE(line.get<std::string>("request_id") == "forking");
      children[pid].push_back(line.get<int>("n"));
    }
  }
  CHECK(children.size() == 200);
  CHECK_FALSE(children.contains(parents_process));
  for (const auto& [pid, numbers] : children) CHECK(is_counted(numbers, 100));
  CHECK(parents_threads.size() == 4);
  for (const auto& [writer, numbers] : parents_threads)
    CHECK(is_counted(numbers, static_cast<int>(numbers.size())));
}

TEST_CASE("four processes write one file without hurting each other's lines", "[async][H9]") {
  const temporary_directory directory;
  const auto file = directory.path / "four.log";
  const auto child =
      run_child("async_processes", {}, {"ENV=PROD", "LOG_ASYNC=1", "LOG_FILE=" + file.string()});
  CHECK(child.status == 0);
  INFO(child.errors);
  CHECK(child.errors.empty());
  const auto numbers = numbers_by_writer(strict_json::parse_lines(sinks_test::read_file(file)));
  CHECK(numbers.size() == 4);
  for (const auto& [writer, of_writer] : numbers) CHECK(is_counted(of_writer, 5'000));
}

template <class Change>
void require_refusal(Change change, std::vector<std::string> said) {
  async_pipeline options{.queue_bytes = 32 * 1024};
  change(options);
  try {
    ctxlog::configure({.levels = "refused.logger=critical", .pipeline = options, .sinks = {{}}});
    FAIL("nothing was thrown");
  } catch (const std::invalid_argument& e) {
    for (const auto& part : said) {
      INFO(e.what() << ", without " << part);
      CHECK(std::string_view(e.what()).find(part) != std::string_view::npos);
    }
  }
}

TEST_CASE_METHOD(clean_async, "sizes and times that make no sense are refused and change nothing",
                 "[async][config]") {
  const auto sink = keep_lines();
  go_async();
  const account counted;
  require_refusal([](auto& o) { o.queue_bytes = 33'000; }, {"queue_bytes is 33000", "power of two", "16384"});
  require_refusal([](auto& o) { o.queue_bytes = 0; }, {"queue_bytes is 0", "power of two"});
  require_refusal([](auto& o) { o.queue_bytes = 8 * 1024; }, {"queue_bytes is 8192", "16384"});
  require_refusal([](auto& o) { o.queue_bytes = 128 << 20; }, {"queue_bytes is 134217728", "67108864"});
  require_refusal([](auto& o) { o.memory_bytes = std::size_t{5} << 30; }, {"memory_bytes", "5368709120"});
  require_refusal([](auto& o) { o.block_timeout = -1ms; }, {"block_timeout is -1 ms", "0 or more"});
  ctxlog::logger("refused.logger").info("the level is as it was");
  REQUIRE(ctxlog::flush(patience));
  CHECK(sink->lines().size() == 1);
  CHECK(counted.now().accepted == 1);
}

TEST_CASE("a value of LOG_ASYNC that means nothing is said once", "[async][config]") {
  const auto child = run_child("async_end", {"return"}, {"ENV=PROD", "LOG_ASYNC=nonsense"});
  CHECK(child.status == 0);
  REQUIRE(child.error_lines().size() == 1);
  CHECK(child.error_lines()[0].find("LOG_ASYNC=\"nonsense\"") != std::string::npos);
  CHECK(strict_json::parse_lines(child.output).size() >= 1000);
}

}  // namespace
