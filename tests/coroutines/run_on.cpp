// Functions on other threads, awaited: any executor, the default one, results, exceptions, lost calls.
// SPDX-License-Identifier: MIT
#include <atomic>
#include <catch2/matchers/catch_matchers.hpp>
#include <functional>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "logger.hpp"
#include "sanitizers.hpp"
#include "support.hpp"

namespace {

using context_test::clean_context;
using context_test::worker_pool;
using coroutine_test::read_id;
using coroutine_test::request_id;
using coroutine_test::threads;
using coroutine_test::verdict;
using ctxlog::run_on;
using ctxlog::sync_wait;
using ctxlog::task;
using ctxlog::to_thread;

TEST_CASE_METHOD(clean_context,
                 "a function runs on a pool in its caller's context, with result and exception",
                 "[FA-03][FA-05][BL-09]") {
  threads pool(2);
  const auto process = [](const std::string& item, int attempt) {
    auto seen = item + ":" + std::to_string(attempt) + ":" + read_id();
    request_id.set("left on the worker");
    return seen;
  };
  const auto caller = [&](threads& own_pool) -> task<std::string> {
    const auto bound = request_id.bind("A");
    auto result = co_await run_on(own_pool, process, "item-123", 1);
    try {
      co_await run_on(own_pool, [] { throw std::runtime_error(read_id()); });
    } catch (const std::runtime_error& error) {
      result += std::string("/") + error.what();
    }
    co_return result + "/" + read_id();
  };
  CHECK(sync_wait(caller(pool)) == "item-123:1:A/A/A");
  CHECK(pool.finish() == 0);
}

TEST_CASE_METHOD(clean_context, "arguments are moved, or referred to with std::ref", "[FA-05]") {
  threads pool(1);
  int filled = 0;
  auto job = [owned = std::make_unique<int>(2)](std::unique_ptr<int> number, int& reference) {
    reference = *owned;
    return number;
  };
  CHECK(*sync_wait(run_on(pool, std::move(job), std::make_unique<int>(7), std::ref(filled))) == 7);
  CHECK(filled == 2);
  CHECK(&sync_wait(run_on(
            pool, [](int& reference) -> int& { return reference; }, std::ref(filled))) == &filled);
}

TEST_CASE_METHOD(clean_context, "the call is submitted, and its context taken, where run_on stands", "[H4]") {
  threads pool(1);
  auto call = [&] {
    const auto bound = request_id.bind("A");
    return run_on(pool, read_id);
  }();
  const auto bound = request_id.bind("B");
  CHECK(sync_wait(std::move(call)) == "A");
  CHECK(read_id() == "B");
}

TEST_CASE_METHOD(clean_context, "blocking work goes to a thread without any set-up",
                 "[DR-05][FA-04][BL-09]") {
  const auto caller = []() -> task<std::string> {
    const auto bound = request_id.bind("A");
    const auto here = std::this_thread::get_id();
    const auto [there, seen] = co_await to_thread(
        [](int number) { return std::pair(std::this_thread::get_id(), read_id() + std::to_string(number)); },
        5);
    CHECK(there != here);
    bool thrown = false;
    try {
      co_await to_thread([]() -> int { throw std::runtime_error("from the thread"); });
    } catch (const std::runtime_error&) {
      thrown = true;
    }
    CHECK(thrown);
    co_return seen + read_id();
  };
  CHECK(sync_wait(caller()) == "A5A");
  CHECK(sync_wait(run_on(ctxlog::default_executor(), read_id)) == "none");
}

TEST_CASE_METHOD(clean_context, "a thousand requests on the default executor are never mixed up", "[H1]") {
  verdict seen;
  const auto request = [](int i, verdict& own_seen) -> task<> {
    const auto own = std::to_string(i);
    const auto bound = request_id.bind(own);
    for (int job = 0; job != 4; ++job) {
      const auto there = co_await to_thread(read_id);
      own_seen.expect(there == own);
      own_seen.expect(own);
    }
  };
  std::vector<task<>> requests;
  for (int i = 0; i != 1000; ++i) requests.push_back(request(i, seen));
  sync_wait(ctxlog::when_all(std::move(requests)));
  CHECK(seen.right() == 8000);
  CHECK(seen.wrong() == 0);
}

TEST_CASE_METHOD(clean_context, "jobs that wait for each other get a thread each") {
  std::promise<void> first, second;
  auto waiting = to_thread([&] {
    first.set_value();
    second.get_future().wait();
    return 1;
  });
  auto answering = to_thread([&] {
    first.get_future().wait();
    second.set_value();
    return 2;
  });
  CHECK(sync_wait(ctxlog::when_all(std::move(waiting), std::move(answering))) == std::tuple(1, 2));
}

TEST_CASE_METHOD(clean_context, "post carries the context, also for what can only be moved") {
  std::promise<std::string> seen;
  auto answer = seen.get_future();
  {
    const auto bound = request_id.bind("A");
    ctxlog::default_executor().post([promise = std::move(seen)]() mutable { promise.set_value(read_id()); });
  }
  CHECK(answer.get() == "A");
  while (ctxlog::detail::live_nodes() != 0) std::this_thread::yield();  // until the job is over
}

// Executors with one verb each; each runs the job later, on a thread of its own.
template <class Derived>
struct one_verb {
  std::vector<std::thread> running;
  void start(std::function<void()> job) { running.emplace_back(std::move(job)); }
  ~one_verb() {
    for (auto& each : running) each.join();
  }
};
#define CTXLOG_TEST_VERB(verb)                                      \
  struct executor_with_##verb : one_verb<executor_with_##verb> {    \
    void verb(std::function<void()> job) { start(std::move(job)); } \
  };
CTXLOG_TEST_VERB(post)
CTXLOG_TEST_VERB(execute)
CTXLOG_TEST_VERB(detach_task)
CTXLOG_TEST_VERB(enqueue)
CTXLOG_TEST_VERB(add)
CTXLOG_TEST_VERB(schedule)
CTXLOG_TEST_VERB(push_task)
CTXLOG_TEST_VERB(queueInLoop)
CTXLOG_TEST_VERB(runInLoop)
CTXLOG_TEST_VERB(submit)
CTXLOG_TEST_VERB(submit_task)
#undef CTXLOG_TEST_VERB

template <class Executor>
std::string id_seen_on() {
  Executor executor;
  const auto bound = request_id.bind("A");
  return sync_wait(run_on(executor, read_id));
}

TEST_CASE_METHOD(clean_context, "every verb of a pool will do, and pools seen through context_pool",
                 "[FA-03]") {
  CHECK(id_seen_on<executor_with_post>() == "A");
  CHECK(id_seen_on<executor_with_execute>() == "A");
  CHECK(id_seen_on<executor_with_detach_task>() == "A");
  CHECK(id_seen_on<executor_with_enqueue>() == "A");
  CHECK(id_seen_on<executor_with_add>() == "A");
  CHECK(id_seen_on<executor_with_schedule>() == "A");
  CHECK(id_seen_on<executor_with_push_task>() == "A");
  CHECK(id_seen_on<executor_with_queueInLoop>() == "A");
  CHECK(id_seen_on<executor_with_runInLoop>() == "A");
  CHECK(id_seen_on<executor_with_submit>() == "A");
  CHECK(id_seen_on<executor_with_submit_task>() == "A");

  worker_pool pool(1);
  const ctxlog::context_pool carrying(pool);
  const auto bound = request_id.bind("A");
  CHECK(sync_wait(run_on(carrying, read_id)) == "A");
}

struct losing_executor {
  void post(std::function<void()>) {}
};
struct refusing_executor {
  void post(std::function<void()>) { throw std::runtime_error("full"); }
};

TEST_CASE_METHOD(clean_context, "a call that the executor loses fails, one that it refuses throws at once") {
  losing_executor losing;
  CHECK_THROWS_AS(sync_wait(run_on(losing, read_id)), std::future_error);
  refusing_executor refusing;
  const logger_test::clean_logging logging;
  const ctxlog::testing::capture records;
  CHECK_THROWS_WITH(run_on(refusing, read_id), "full");
  CHECK(records.size() == 0);
}

TEST_CASE_METHOD(clean_context, "a function is told to stop through its handle, and may fail unseen",
                 "[H5]") {
  const logger_test::clean_logging logging;
  const ctxlog::testing::capture records;
  threads pool(1);
  std::promise<void> started, told;
  {
    auto handle = run_on(pool, [&] {
      started.set_value();
      const std::stop_callback on_stop(ctxlog::this_task::stop_token(), [&] { told.set_value(); });
      told.get_future().wait();
      throw std::runtime_error("unseen");
    });
    started.get_future().wait();
    handle.request_stop();
  }
  pool.finish();
  CHECK(records.only().message == "a task failed and nobody waited for it");
}

TEST_CASE_METHOD(clean_context, "a function is told to stop with the task that called it") {
  threads pool(1);
  std::promise<void> started;
  const auto calling = [](threads& own_pool, std::promise<void>& own_started) -> task<bool> {
    co_return co_await run_on(own_pool, [&] {
      std::promise<void> told;
      const std::stop_callback on_stop(ctxlog::this_task::stop_token(), [&] { told.set_value(); });
      own_started.set_value();
      told.get_future().wait();
      return true;
    });
  };
  auto caller = ctxlog::spawn(calling(pool, started));
  started.get_future().wait();
  caller.request_stop();
  CHECK(sync_wait(std::move(caller)));
  CHECK(pool.finish() == 0);
}

TEST_CASE("a normal end waits for what the default executor was given", "[H5]") {
  const auto child = logger_test::run_child("coroutines_exit");
  CHECK(child.status == 0);
  CHECK(child.output ==
        "job of main ends with req-1\n"
        "from a static destructor: same thread, with req-2\n");
}

TEST_CASE("a forked child has a default executor of its own", "[H9][DR-17]") {
  if (thread_sanitizer) SKIP("ThreadSanitizer starts no thread in the child of a process with threads");
  const auto child = logger_test::run_child("coroutines_fork");
  CHECK(child.status == 0);
  CHECK(child.output ==
        "parent before: A\n"
        "child: A\n"
        "parent after: A\n"
        "the parent's waiting job ran once\n");
}

}  // namespace
