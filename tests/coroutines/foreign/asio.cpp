// Tasks and Asio: its executors and pools as ours, its operations awaited, tasks spawned in its coroutines.
// SPDX-License-Identifier: MIT
#ifdef __SANITIZE_THREAD__
#define ASIO_DISABLE_FENCED_BLOCK  // ThreadSanitizer does not know fences; Asio's locks suffice
#endif

#include <asio.hpp>
#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "../support.hpp"
#include "ctxlog/asio.hpp"

namespace {

using context_test::clean_context;
using coroutine_test::read_id;
using coroutine_test::request_id;
using coroutine_test::verdict;
using ctxlog::run_on;
using ctxlog::sync_wait;
using ctxlog::task;
using ctxlog::asio::context_executor;

TEST_CASE_METHOD(clean_context, "run_on takes Asio's pools, contexts, executors and strands",
                 "[FA-03][DR-04]") {
  asio::thread_pool pool(2);
  asio::any_io_executor any = pool.get_executor();
  const auto caller = [](asio::thread_pool& own_pool, asio::any_io_executor& own_any) -> task<std::string> {
    const auto bound = request_id.bind("A");
    auto seen = co_await run_on(own_pool, read_id);
    seen += co_await run_on(own_pool.get_executor(), read_id);
    seen += co_await run_on(own_any, read_id);
    seen += co_await run_on(asio::make_strand(own_pool), read_id);
    seen += co_await run_on(context_executor(own_pool.get_executor()), read_id);
    co_return seen + read_id();
  };
  CHECK(sync_wait(caller(pool, any)) == "AAAAAA");
  pool.join();
}

// What a user writes once to await operations that complete with a callback.
class wait_for {
 public:
  explicit wait_for(asio::steady_timer& timer) : timer_(timer) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    timer_.async_wait([this, waiting](asio::error_code error) {
      error_ = error;
      waiting.resume();
    });
  }
  asio::error_code await_resume() const noexcept { return error_; }

 private:
  asio::steady_timer& timer_;
  asio::error_code error_;
};

TEST_CASE_METHOD(clean_context, "tasks waiting on an event loop that knows no contexts keep their own",
                 "[DR-01][BL-14]") {
  asio::io_context loop;
  verdict seen;
  const auto waiting = [](asio::io_context& own_loop, std::string own, verdict& own_seen) -> task<> {
    const auto bound = request_id.bind(own);
    for (int turn = 0; turn != 10; ++turn) {
      asio::steady_timer timer(own_loop, std::chrono::microseconds(10));
      const auto error = co_await wait_for(timer);
      own_seen.expect(!error);
      own_seen.expect(own);
    }
  };
  for (int i = 0; i != 100; ++i) ctxlog::spawn(waiting(loop, std::to_string(i), seen));
  int leaks = 0;
  while (loop.run_one()) leaks += static_cast<bool>(ctxlog::context::current());
  CHECK(leaks == 0);
  CHECK(seen.right() == 2000);
  CHECK(seen.wrong() == 0);
}

TEST_CASE_METHOD(clean_context, "a coroutine of Asio spawns tasks into its own context and waits for them",
                 "[FA-01]") {
  asio::io_context loop;
  verdict seen;
  const auto child = [](std::string own, verdict& own_seen) -> task<int> {
    const auto there = co_await ctxlog::to_thread(read_id);
    own_seen.expect(there == own);
    own_seen.expect(own);
    request_id.set("changed by the child");
    co_return 5;
  };
  std::vector<ctxlog::running<void>> spawned;
  const auto session = [&](std::string own) -> asio::awaitable<void> {
    const auto bound = request_id.bind(own);
    const auto executor = co_await asio::this_coro::executor;
    for (int turn = 0; turn != 5; ++turn) {
      // An Asio operation made of a task: the handler is called where the task ends.
      const int five = co_await asio::async_initiate<decltype(asio::use_awaitable), void(int)>(
          [&](auto handler) {
            spawned.push_back(ctxlog::spawn([](auto body, auto to_call, auto on) -> task<> {
              const int result = co_await std::move(body);
              asio::post(on, [done = std::move(to_call), result]() mutable { std::move(done)(result); });
            }(child(own, seen), std::move(handler), executor)));
          },
          asio::use_awaitable);
      seen.expect(five == 5);
      seen.expect(own);
    }
  };
  const auto work = asio::make_work_guard(loop);
  std::atomic<int> left = 20;
  for (int i = 0; i != 20; ++i) {
    asio::co_spawn(context_executor(loop.get_executor()), session(std::to_string(i)),
                   [&](std::exception_ptr failure) {
                     seen.expect(!failure);
                     if (--left == 0) loop.stop();
                   });
  }
  int leaks = 0;
  while (loop.run_one()) leaks += static_cast<bool>(ctxlog::context::current());
  for (auto& running : spawned) sync_wait(std::move(running));  // their last step is behind that of the loop
  CHECK(leaks == 0);
  CHECK(seen.right() == 20 * (1 + 5 * 4));
  CHECK(seen.wrong() == 0);
}

}  // namespace
