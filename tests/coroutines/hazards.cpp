// Where coroutines meet compilers and threads: stack, frames that die early, addresses of thread-locals.
// SPDX-License-Identifier: MIT
#include <atomic>
#include <latch>
#include <memory>
#include <string>
#include <thread>

#include "support.hpp"

namespace {

using context_test::clean_context;
using coroutine_test::foreign_detached;
using coroutine_test::foreign_task;
using coroutine_test::read_id;
using coroutine_test::request_id;
using coroutine_test::step;
using coroutine_test::threads;
using coroutine_test::verdict;
using ctxlog::sync_wait;
using ctxlog::task;

constexpr int a_million = 1'000'000;

task<int> own_child() { co_return 1; }
foreign_task foreign_child() { co_return 1; }

TEST_CASE_METHOD(clean_context, "a million tasks that complete at once need no stack", "[ctx-34]") {
  const auto looping = []() -> task<int> {
    const auto bound = request_id.bind("own");
    int sum = 0;
    for (int i = 0; i != a_million; ++i) {
      const int one = co_await own_child();
      sum += one;
    }
    CHECK(read_id() == "own");
    co_return sum;
  };
  CHECK(sync_wait(looping()) == a_million);
}

TEST_CASE_METHOD(clean_context, "a million foreign coroutines that complete at once need no stack",
                 "[ctx-34]") {
  const auto looping = []() -> task<int> {
    const auto bound = request_id.bind("own");
    int sum = 0;
    for (int i = 0; i != a_million; ++i) {
      const int one = co_await foreign_child();
      sum += one;
    }
    CHECK(read_id() == "own");
    co_return sum;
  };
  CHECK(sync_wait(looping()) == a_million);
}

TEST_CASE_METHOD(clean_context, "a million preserved awaits that complete at once need no stack",
                 "[ctx-34]") {
  const auto looping = []() -> foreign_task {
    const auto bound = request_id.bind("own");
    int sum = 0;
    for (int i = 0; i != a_million; ++i) {
      const int one = co_await ctxlog::preserve(foreign_child());
      sum += one;
    }
    CHECK(read_id() == "own");
    co_return sum;
  };
  CHECK(sync_wait(looping()) == a_million);
}

task<int> recursive(threads& pool, int depth) {
  if (depth == 0) {
    co_await pool.hop();
    co_return 0;
  }
  const int below = co_await recursive(pool, depth - 1);
  co_return below + 1;
}

TEST_CASE_METHOD(clean_context, "five thousand tasks can await one another", "[ctx-35]") {
  threads pool(1);
  CHECK(sync_wait(recursive(pool, 5000)) == 5000);
}

// A few microseconds.
void linger() {
  for (int i = 0; i != 3000; ++i) asm volatile("" : : : "memory");
}

// Goes on after it has given the handle away, while the coroutine runs and ends elsewhere.
struct slow_hop {
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    pool->post([waiting] { waiting.resume(); });
    linger();
  }
  void await_resume() const noexcept {}
  threads* pool;
};
struct slow_transfer {
  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiting) {
    pool->post([waiting] { waiting.resume(); });
    linger();
    return std::noop_coroutine();
  }
  void await_resume() const noexcept {}
  threads* pool;
};

TEST_CASE_METHOD(clean_context, "a task may be resumed and destroyed before its await_suspend returns",
                 "[ctx-38]") {
  verdict seen;
  threads pool(2);
  const auto once = [](threads& own_pool, verdict& own_seen, std::latch& done) -> task<> {
    {
      const auto bound = step.bind(7);
      co_await slow_hop{&own_pool};
      own_seen.expect(step.get() == 7);
      co_await slow_transfer{&own_pool};
      own_seen.expect(step.get() == 7);
    }
    done.count_down();
  };
  for (int round = 0; round != 200; ++round) {
    std::latch done(50);
    for (int i = 0; i != 50; ++i) {
      ctxlog::spawn(once(pool, seen, done));
      seen.expect(step.get() == 0);
    }
    done.wait();
  }
  CHECK(pool.finish() == 0);
  CHECK(seen.right() == 30'000);
  CHECK(seen.wrong() == 0);
}

TEST_CASE_METHOD(clean_context, "a preserving coroutine may be resumed and destroyed early too", "[ctx-38]") {
  verdict seen;
  threads pool(2);
  const auto once = [](threads& own_pool, verdict& own_seen, std::latch& done) -> foreign_detached {
    {
      const ctxlog::coroutine_scope scope;
      const auto bound = step.bind(7);
      co_await ctxlog::preserve(slow_hop{&own_pool});
      own_seen.expect(step.get() == 7);
      co_await ctxlog::preserve(slow_transfer{&own_pool});
      own_seen.expect(step.get() == 7);
    }
    done.count_down();
  };
  for (int round = 0; round != 100; ++round) {
    std::latch done(50);
    for (int i = 0; i != 50; ++i) {
      ctxlog::context().run([&] { once(pool, seen, done); });
      seen.expect(step.get() == 0);
    }
    done.wait();
  }
  CHECK(pool.finish() == 0);
  CHECK(seen.right() == 15'000);
  CHECK(seen.wrong() == 0);
}

// The owner destroys a suspended task on one thread while the thread that it suspended on is still returning.
TEST_CASE_METHOD(clean_context, "a task may be destroyed elsewhere before its await_suspend returns",
                 "[ctx-36][ctx-38]") {
  struct handing_over {
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<>) {
      auto* const flag = suspended;
      flag->store(true);
      flag->notify_all();
      linger();
    }
    void await_resume() const noexcept {}
    std::atomic<bool>* suspended;
  };
  const auto waiting = [](std::atomic<bool>& suspended) -> task<> {
    const auto bound = request_id.bind("own");
    co_await handing_over{&suspended};
  };
  for (int round = 0; round != 1000; ++round) {
    std::atomic<bool> suspended = false;
    auto owned = std::make_unique<task<>>(waiting(suspended));
    const auto coroutine = owned->startable();
    coroutine.promise().start(std::noop_coroutine());
    std::thread destroyer([&] {
      suspended.wait(false);
      owned.reset();
    });
    coroutine.resume();
    REQUIRE(read_id() == "none");
    destroyer.join();
  }
}

TEST_CASE_METHOD(clean_context, "the thread is asked for anew after each suspension", "[ctx-39][H7]") {
  verdict seen;
  threads first(1), second(1);
  const auto probing = [](threads& here, threads& there, verdict& own_seen) -> task<> {
    for (int turn = 0; turn != 100; ++turn) {
      co_await here.hop();
      const void* const one = ctxlog::detail::stack_token();
      co_await there.hop();
      own_seen.expect(one != ctxlog::detail::stack_token());
    }
  };
  sync_wait(probing(first, second, seen));
  CHECK(seen.right() == 100);
  CHECK(seen.wrong() == 0);
}

}  // namespace
