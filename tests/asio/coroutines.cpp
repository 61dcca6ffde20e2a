// Asio coroutines on context_executor: the context over every co_await, with nothing left on the loop.
// SPDX-License-Identifier: MIT
#include <chrono>
#include <stdexcept>
#include <string>

#include "support.hpp"

namespace {

using asio::awaitable;
using asio::use_awaitable;
using asio_test::read_id;
using asio_test::request_id;
using asio_test::run_counting_leaks;
using asio_test::step;
using context_test::clean_context;
using ctxlog::asio::context_executor;
using ctxlog::asio::with_context;
using std::chrono::microseconds;

// Counts, because the coroutines run on threads where assertions may not.
class verdict {
 public:
  void expect(const std::string& want) { (read_id() == want ? right_ : wrong_)++; }
  int right() const { return right_; }
  int wrong() const { return wrong_; }

 private:
  std::atomic<int> right_ = 0;
  std::atomic<int> wrong_ = 0;
};

awaitable<void> pause(microseconds time = microseconds(10)) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(use_awaitable);
}

awaitable<int> callee(std::string want, verdict& seen) {
  seen.expect(want);
  const auto bound = step.bind(5);
  co_await pause();
  seen.expect(want);
  co_return step.get();
}

awaitable<void> session(int number, asio::io_context& foreign, verdict& seen) {
  seen.expect("spawner");
  const std::string own = std::to_string(number);
  const auto bound = request_id.bind(own);
  for (int round = 0; round != 5; ++round) {
    co_await pause(microseconds(10 * (number % 7)));
    seen.expect(own);
    const int result = co_await callee(own, seen);
    seen.expect(result == 5 && step.get() == 0 ? own : "the callee's scope did not end");
    asio::steady_timer elsewhere(foreign, microseconds(10));
    co_await elsewhere.async_wait(use_awaitable);
    seen.expect(own);
    co_await asio::post(co_await asio::this_coro::executor, use_awaitable);
    seen.expect(own);
  }
}

TEST_CASE_METHOD(clean_context, "a hundred coroutines keep their contexts over every await",
                 "[ctx-45][ctx-46][ctx-51][http-28]") {
  for (const int threads : {1, 2}) {
    asio::io_context loop;
    asio_test::foreign_loop foreign;
    verdict seen;
    {
      const auto bound = request_id.bind("spawner");
      for (int i = 0; i != 100; ++i) {
        asio::co_spawn(context_executor(loop.get_executor()), session(i, foreign.loop(), seen),
                       asio::detached);
        CHECK(read_id() == "spawner");
      }
    }
    CHECK(run_counting_leaks(loop, threads) == 0);
    CHECK(foreign.finish() == 0);
    CHECK(seen.wrong() == 0);
    CHECK(seen.right() == 100 * (1 + 5 * 6));
  }
}

TEST_CASE_METHOD(clean_context, "coroutines taking turns on one thread do not mix up their values",
                 "[BL-14]") {
  asio::io_context loop;
  verdict seen;
  for (int i = 0; i != 100; ++i) {
    const auto task = [&seen, i]() -> awaitable<void> {
      const std::string own = std::to_string(i);
      const auto bound = request_id.bind(own);
      for (int turn = 0; turn != 10; ++turn) {
        co_await asio::post(co_await asio::this_coro::executor, use_awaitable);
        seen.expect(own);
      }
    };
    asio::co_spawn(context_executor(loop.get_executor()), task, asio::detached);
  }
  CHECK(run_counting_leaks(loop) == 0);
  CHECK(seen.right() == 1000);
  CHECK(seen.wrong() == 0);
}

TEST_CASE_METHOD(clean_context,
                 "a scope in a coroutine ends by exception too, and nothing stays on the thread",
                 "[BL-13][H2]") {
  asio::io_context loop;
  std::string seen_by_handler;
  const auto failing = []() -> awaitable<void> {
    const auto bound = request_id.bind("failing");
    co_await pause();
    request_id.set("left behind");
    throw std::runtime_error(read_id());
  };
  asio::co_spawn(context_executor(loop.get_executor()), failing, [&](std::exception_ptr failure) {
    CHECK_THROWS_AS(std::rethrow_exception(failure), std::runtime_error);
    seen_by_handler = read_id();
  });
  CHECK(run_counting_leaks(loop) == 0);
  CHECK(seen_by_handler == "none");
}

TEST_CASE_METHOD(clean_context, "parallel operators keep the branches apart", "[ctx-50]") {
  using namespace asio::experimental::awaitable_operators;
  asio::io_context loop;
  verdict seen;
  const auto branch = [&seen](std::string own) -> awaitable<void> {
    const auto bound = request_id.bind(own);
    for (int i = 0; i != 3; ++i) {
      co_await pause();
      seen.expect(own);
    }
  };
  const auto parent = [&]() -> awaitable<void> {
    const auto bound = request_id.bind("parent");
    co_await (branch("left") && branch("right"));
    seen.expect("parent");
  };
  asio::co_spawn(context_executor(loop.get_executor()), parent, asio::detached);
  CHECK(run_counting_leaks(loop) == 0);
  CHECK(seen.right() == 7);
  CHECK(seen.wrong() == 0);
}

TEST_CASE_METHOD(clean_context, "a coroutine spawned on a strand of the executor keeps its context",
                 "[ctx-47]") {
  asio::io_context loop;
  verdict seen;
  const auto strand = asio::make_strand(context_executor(loop.get_executor()));
  for (int i = 0; i != 20; ++i) {
    const auto task = [&seen, i]() -> awaitable<void> {
      const std::string own = std::to_string(i);
      const auto bound = request_id.bind(own);
      for (int turn = 0; turn != 5; ++turn) {
        co_await asio::post(co_await asio::this_coro::executor, use_awaitable);
        seen.expect(own);
        co_await pause();
        seen.expect(own);
      }
    };
    asio::co_spawn(strand, task, asio::detached);
  }
  CHECK(run_counting_leaks(loop, 2) == 0);
  CHECK(seen.right() == 200);
  CHECK(seen.wrong() == 0);
}

TEST_CASE_METHOD(clean_context, "cancelling an await resumes the coroutine in its own context", "[ctx-49]") {
  asio::io_context loop;
  verdict seen;
  asio::steady_timer never(loop, std::chrono::hours(1));
  const auto waiting = [&]() -> awaitable<void> {
    const auto bound = request_id.bind("waiting");
    asio::error_code error;
    co_await never.async_wait(asio::redirect_error(use_awaitable, error));
    seen.expect(error == asio::error::operation_aborted ? "waiting" : "not cancelled");
  };
  const auto cancelling = [&]() -> awaitable<void> {
    const auto bound = request_id.bind("cancelling");
    never.cancel();
    seen.expect("cancelling");
    co_return;
  };
  asio::co_spawn(context_executor(loop.get_executor()), waiting, asio::detached);
  asio::co_spawn(context_executor(loop.get_executor()), cancelling, asio::detached);
  CHECK(run_counting_leaks(loop) == 0);
  CHECK(seen.right() == 2);
}

TEST_CASE_METHOD(clean_context,
                 "on a plain executor the token keeps the context when the spawner runs in a snapshot",
                 "[ctx-48]") {
  asio::io_context loop;
  verdict seen;
  const auto task = [&]() -> awaitable<void> {
    for (int i = 0; i != 3; ++i) {
      asio::steady_timer timer(loop, microseconds(10));
      co_await timer.async_wait(with_context(use_awaitable));
      seen.expect("A");
    }
  };
  asio::post(loop, [&] {
    ctxlog::context().run([&] {
      const auto bound = request_id.bind("A");
      asio::co_spawn(loop, task, asio::detached);
    });
  });
  CHECK(run_counting_leaks(loop) == 0);
  CHECK(seen.right() == 3);
}

}  // namespace
