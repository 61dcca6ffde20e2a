// Drift's two routes that test propagation: their answers, and that they notice when the context is not carried.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <coroutine>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "logger.hpp"
#include "support.hpp"

namespace {

using context_test::clean_context;
using coroutine_test::foreign_task;
using coroutine_test::threads;
using ctxlog::task;
using nlohmann::ordered_json;

constinit ctxlog::context_var<std::string> trace_id{"trace_id"};

enum class carrying : bool { off, on };

int call_upstream() { return 200; }

ordered_json verdict_over(std::vector<ordered_json> results) {
  const bool all =
      std::ranges::all_of(results, [](const auto& each) { return each["trace_preserved"] == true; });
  return {{"results", std::move(results)},
          {"all_context_preserved", all},
          {"test_status", all ? "PASS" : "FAIL"}};
}

// A call as a library makes it: its coroutine knows no contexts and goes on on another thread.
foreign_task library_call(threads& pool, ordered_json& result) {
  co_await pool.hop();
  result["http_status"] = call_upstream();
  co_return 0;
}

void note(ordered_json& result, const std::string& expected) {
  result["trace_preserved"] = trace_id.get_or("") == expected;
  result["stack_frames"] = ctxlog::stack_trace().frames().size();
}

task<ordered_json> carried_call(threads& pool, int id, std::string expected) {
  ordered_json result{{"call_id", id}};
  co_await library_call(pool, result);
  note(result, expected);
  co_return result;
}

foreign_task plain_call(threads& pool, ordered_json& result, std::string expected) {
  co_await library_call(pool, result);
  note(result, expected);
  co_return 0;
}
task<ordered_json> uncarried_call(threads& pool, int id, std::string expected) {
  ordered_json result{{"call_id", id}};
  co_await plain_call(pool, result, expected);
  co_return result;
}

task<ordered_json> test_async_context(threads& pool, std::string trace, carrying mode) {
  const auto bound = trace_id.bind(trace);
  std::vector<task<ordered_json>> calls;
  for (int id = 1; id <= 3; ++id)
    calls.push_back(mode == carrying::on ? carried_call(pool, id, trace) : uncarried_call(pool, id, trace));
  auto results = co_await ctxlog::when_all(std::move(calls));
  co_return verdict_over(std::move(results));
}

ordered_json worker_job(int id, const std::string& expected) {
  return {{"task_id", id},
          {"trace_preserved", trace_id.get_or("") == expected},
          {"http_status", call_upstream()}};
}

task<ordered_json> carried_job(threads& pool, int id, std::string expected) {
  co_return co_await ctxlog::run_on(pool, worker_job, id, std::move(expected));
}

// As a pool does that knows nothing of contexts: the job is not wrapped.
task<ordered_json> uncarried_job(threads& pool, int id, std::string expected) {
  struct posted {
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiting) {
      pool.post([this, waiting] {
        result = worker_job(id, expected);
        waiting.resume();
      });
    }
    ordered_json await_resume() { return std::move(result); }
    threads& pool;
    int id;
    std::string expected;
    ordered_json result{};
  };
  posted job{pool, id, std::move(expected)};
  co_return co_await job;
}

task<ordered_json> test_thread_context(threads& pool, std::string trace, carrying mode) {
  const auto bound = trace_id.bind(trace);
  std::vector<task<ordered_json>> jobs;
  for (int id = 1; id <= 3; ++id)
    jobs.push_back(mode == carrying::on ? carried_job(pool, id, trace) : uncarried_job(pool, id, trace));
  auto results = co_await ctxlog::when_all(std::move(jobs));
  co_return verdict_over(std::move(results));
}

std::vector<std::string> keys_of(const ordered_json& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  std::ranges::sort(keys);
  return keys;
}

void check_answer(const ordered_json& answer, const char* id, const std::vector<std::string>& keys,
                  carrying mode) {
  CHECK(keys_of(answer) == std::vector<std::string>{"all_context_preserved", "results", "test_status"});
  CHECK(answer["all_context_preserved"] == (mode == carrying::on));
  CHECK(answer["test_status"] == (mode == carrying::on ? "PASS" : "FAIL"));
  REQUIRE(answer["results"].size() == 3);
  for (std::size_t i = 0; i != 3; ++i) {
    const auto& result = answer["results"][i];
    CHECK(keys_of(result) == keys);
    CHECK(result[id] == i + 1);
    CHECK(result["http_status"] == 200);
    CHECK(result["trace_preserved"] == (mode == carrying::on));
  }
}

TEST_CASE_METHOD(clean_context, "the asynchronous route passes, and fails without tasks of ours", "[DR-12]") {
  threads pool(3);
  for (const auto mode : {carrying::on, carrying::off}) {
    const auto answer = ctxlog::sync_wait(test_async_context(pool, "0af7651916cd43dd8448eb211c80319c", mode));
    check_answer(answer, "call_id", {"call_id", "http_status", "stack_frames", "trace_preserved"}, mode);
    CHECK(answer["results"][0]["stack_frames"] > 0);
  }
  CHECK(pool.finish() == 0);
}

TEST_CASE_METHOD(clean_context, "the thread route passes, and fails when the context is not carried",
                 "[DR-13]") {
  threads pool(3);
  for (const auto mode : {carrying::on, carrying::off}) {
    const auto answer =
        ctxlog::sync_wait(test_thread_context(pool, "0af7651916cd43dd8448eb211c80319c", mode));
    check_answer(answer, "task_id", {"http_status", "task_id", "trace_preserved"}, mode);
  }
  CHECK(pool.finish() == 0);
}

}  // namespace
