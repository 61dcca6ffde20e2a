// libuv: a C library with threads of its own, called back on its pool and on its loop.
// SPDX-License-Identifier: MIT
#include <uv.h>

#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "../support.hpp"

namespace {

using context_test::clean_context;
using coroutine_test::read_id;
using coroutine_test::request_id;
using coroutine_test::verdict;
using ctxlog::bind_context;
using ctxlog::task;

/// A loop that counts what its callbacks leave behind.
class uv_loop {
 public:
  uv_loop() {
    ::setenv("UV_THREADPOOL_SIZE", "2", 1);  // read when the first work is queued
    REQUIRE(uv_loop_init(&loop_) == 0);
  }
  uv_loop(const uv_loop&) = delete;
  uv_loop& operator=(const uv_loop&) = delete;
  ~uv_loop() { CHECK(uv_loop_close(&loop_) == 0); }

  uv_loop_t* get() { return &loop_; }
  int run_counting_leaks() {
    int leaks = 0;
    while (uv_run(&loop_, UV_RUN_ONCE) != 0) leaks += static_cast<bool>(ctxlog::context::current());
    return leaks;
  }

 private:
  uv_loop_t loop_{};
};

struct queued_work {
  uv_work_t request{};
  std::function<void()> on_pool, on_loop;
};

void queue(uv_loop& loop, std::function<void()> on_pool, std::function<void()> on_loop) {
  auto* const work = new queued_work{{}, std::move(on_pool), std::move(on_loop)};
  work->request.data = work;
  const int error = uv_queue_work(
      loop.get(), &work->request,
      [](uv_work_t* request) { static_cast<queued_work*>(request->data)->on_pool(); },
      [](uv_work_t* request, int) {
        const std::unique_ptr<queued_work> own(static_cast<queued_work*>(request->data));
        own->on_loop();
      });
  REQUIRE(error == 0);
}

TEST_CASE_METHOD(clean_context, "a thousand callbacks of libuv run in their registrar's context when bound",
                 "[DR-06][DR-14][H3]") {
  uv_loop loop;
  verdict bound_calls, plain_calls;
  for (int i = 0; i != 1000; ++i) {
    const auto own = std::to_string(i);
    const auto bound = request_id.bind(own);
    const auto check = [&bound_calls, own] {
      bound_calls.expect(own);
      request_id.set("left behind");
    };
    queue(loop, bind_context(check), bind_context(check));
    queue(
        loop, [&] { plain_calls.expect("none"); }, [&] { plain_calls.expect("none"); });
  }
  CHECK(loop.run_counting_leaks() == 0);
  CHECK(bound_calls.right() == 2000);
  CHECK(bound_calls.wrong() == 0);
  CHECK(plain_calls.right() == 2000);
  CHECK(plain_calls.wrong() == 0);
}

// Awaiting the same: the callback of C gets the address of the awaiter.
class work_on_pool {
 public:
  work_on_pool(uv_loop& loop, std::function<void()> job) : loop_(loop), job_(std::move(job)) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    queue(loop_, std::move(job_), [waiting] { waiting.resume(); });
  }
  void await_resume() const noexcept {}

 private:
  uv_loop& loop_;
  std::function<void()> job_;
};

TEST_CASE_METHOD(clean_context, "tasks waiting for libuv keep their contexts", "[DR-14][BL-14]") {
  uv_loop loop;
  verdict seen;
  const auto waiting = [](uv_loop& own_loop, std::string own, verdict& own_seen) -> task<> {
    const auto bound = request_id.bind(own);
    for (int turn = 0; turn != 5; ++turn) {
      std::function<void()> job = bind_context([&own_seen, own] { own_seen.expect(own); });
      co_await work_on_pool(own_loop, std::move(job));
      own_seen.expect(own);
    }
  };
  for (int i = 0; i != 100; ++i) ctxlog::spawn(waiting(loop, std::to_string(i), seen));
  CHECK(loop.run_counting_leaks() == 0);
  CHECK(seen.right() == 1000);
  CHECK(seen.wrong() == 0);
}

}  // namespace
