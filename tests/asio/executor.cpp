// context_executor and with_context with callbacks: who runs in which context.
// SPDX-License-Identifier: MIT
#include <chrono>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <utility>

#include "support.hpp"

namespace {

using asio_test::read_id;
using asio_test::request_id;
using asio_test::run_counting_leaks;
using context_test::clean_context;
using ctxlog::asio::context_executor;
using ctxlog::asio::with_context;
using std::chrono::microseconds;

static_assert(sizeof(context_executor<asio::io_context::executor_type>) == 2 * sizeof(void*));
static_assert(asio::execution::is_executor<context_executor<asio::io_context::executor_type>>::value);

TEST_CASE_METHOD(clean_context, "what is posted runs in its poster's context, on a plain executor in none",
                 "[ctx-47][DR-04][H1]") {
  asio::io_context loop;
  const context_executor executor(loop.get_executor());
  int right = 0, plain_empty = 0;
  for (int i = 0; i != 1000; ++i) {
    const auto bound = request_id.bind(std::to_string(i));
    const auto check = [&right, want = std::to_string(i)] { right += read_id() == want; };
    asio::post(executor, check);
    asio::defer(executor, check);
    asio::post(executor, [executor, check] { asio::dispatch(executor, check); });
    asio::post(asio::any_io_executor(executor), check);
    asio::post(loop, [&] { plain_empty += read_id() == "none"; });
  }
  CHECK(run_counting_leaks(loop) == 0);
  CHECK(right == 4000);
  CHECK(plain_empty == 1000);
}

TEST_CASE_METHOD(clean_context, "a thread pool's workers run each job in its poster's context",
                 "[ctx-47][DR-04][H1][H2]") {
  asio::thread_pool pool(8);
  const context_executor executor(pool.get_executor());
  std::atomic<int> right = 0, plain_empty = 0;
  for (int i = 0; i != 1000; ++i) {
    const auto bound = request_id.bind(std::to_string(i));
    for (int job = 0; job != 4; ++job) {
      asio::post(executor, [&right, want = std::to_string(i)] {
        right += read_id() == want;
        request_id.set("left by a job");
      });
    }
    asio::post(pool, [&] { plain_empty += read_id() == "none"; });
  }
  pool.join();
  CHECK(right == 4000);
  CHECK(plain_empty == 1000);
}

TEST_CASE_METHOD(clean_context, "a strand of a context executor runs each handler in its own context",
                 "[ctx-47]") {
  asio::io_context loop;
  const auto strand = asio::make_strand(context_executor(loop.get_executor()));
  int right = 0, inside = 0;
  for (int i = 0; i != 100; ++i) {
    const auto bound = request_id.bind(std::to_string(i));
    asio::post(strand, [&, want = std::to_string(i)] {
      right += read_id() == want;
      inside += strand.running_in_this_thread();
      asio::dispatch(strand, [&, want] { right += read_id() == want; });
    });
  }
  CHECK(run_counting_leaks(loop) == 0);
  CHECK(right == 200);
  CHECK(inside == 100);
}

TEST_CASE_METHOD(clean_context, "a context executor around a strand serialises and keeps contexts apart",
                 "[ctx-47]") {
  asio::thread_pool pool(4);
  const context_executor executor(asio::make_strand(pool));
  int unsynchronised = 0, right = 0;
  for (int i = 0; i != 1000; ++i) {
    const auto bound = request_id.bind(std::to_string(i));
    asio::post(executor, [&, want = std::to_string(i)] {
      ++unsynchronised;
      right += read_id() == want;
    });
  }
  pool.join();
  CHECK(unsynchronised == 1000);
  CHECK(right == 1000);
}

TEST_CASE_METHOD(clean_context, "an operation completes in the context that started it", "[ctx-46][ctx-48]") {
  asio::io_context loop;
  const context_executor executor(loop.get_executor());
  asio::steady_timer ours(executor, microseconds(10)), bound_executor(loop, microseconds(10)),
      by_token(loop, microseconds(10)), by_hand(loop, microseconds(10)), plain(loop, microseconds(10));
  std::string seen;
  {
    const auto bound = request_id.bind("A");
    ours.async_wait([&](asio::error_code) { seen += read_id() + " "; });
    bound_executor.async_wait(
        asio::bind_executor(executor, [&](asio::error_code) { seen += read_id() + " "; }));
    by_token.async_wait(with_context([&](asio::error_code) { seen += read_id() + " "; }));
    by_hand.async_wait(ctxlog::bind_context_once([&](asio::error_code) { seen += read_id() + " "; }));
  }
  CHECK(run_counting_leaks(loop) == 0);
  CHECK(seen == "A A A A ");
  {
    const auto bound = request_id.bind("A");
    plain.async_wait([&](asio::error_code) { seen = read_id(); });
  }
  loop.restart();
  CHECK(run_counting_leaks(loop) == 0);
  CHECK(seen == "none");
}

TEST_CASE_METHOD(clean_context, "one executor serves operations of many contexts at once", "[ctx-46]") {
  asio::io_context loop;
  const asio::any_io_executor executor = context_executor(loop.get_executor());
  std::vector<std::unique_ptr<asio::steady_timer>> timers;
  int right = 0;
  for (int i = 0; i != 100; ++i) {
    const auto bound = request_id.bind(std::to_string(i));
    timers.push_back(std::make_unique<asio::steady_timer>(executor, microseconds(100 - i)));
    timers.back()->async_wait(
        [&right, want = std::to_string(i)](asio::error_code) { right += read_id() == want; });
  }
  CHECK(run_counting_leaks(loop) == 0);
  CHECK(right == 100);
}

TEST_CASE_METHOD(clean_context, "a context executor around any executor carries contexts as well",
                 "[ctx-47]") {
  asio::io_context loop;
  const context_executor executor(asio::any_io_executor(loop.get_executor()));
  asio::steady_timer timer(executor, microseconds(10));
  std::string seen;
  {
    const auto bound = request_id.bind("A");
    asio::post(executor, [&] { seen += read_id(); });
    timer.async_wait([&](asio::error_code) { seen += read_id(); });
  }
  CHECK(run_counting_leaks(loop) == 0);
  CHECK(seen == "AA");
}

TEST_CASE_METHOD(clean_context, "tracking work pins the context of that moment, untracking frees it",
                 "[ctx-47]") {
  asio::io_context loop;
  const context_executor executor(loop.get_executor());
  std::string seen;
  const auto see = [&] { seen += read_id() + " "; };
  {
    const auto early = request_id.bind("early");
    const auto pinned = asio::require(executor, asio::execution::outstanding_work.tracked);
    const auto late = request_id.bind("late");
    asio::post(pinned, see);
    asio::post(asio::prefer(pinned, asio::execution::blocking.never), see);
    asio::require(pinned, asio::execution::outstanding_work.untracked).execute(see);
    CHECK(pinned != asio::require(executor, asio::execution::outstanding_work.tracked));
  }
  CHECK(run_counting_leaks(loop) == 0);
  CHECK(seen == "early early late ");
}

TEST_CASE_METHOD(clean_context, "an operation started in the empty context completes in it", "[ctx-46]") {
  asio::io_context loop;
  asio::steady_timer timer(context_executor(loop.get_executor()), microseconds(10));
  timer.async_wait([&](asio::error_code) { CHECK(read_id() == "none"); });
  const auto bound = request_id.bind("of the thread that runs the loop");
  loop.run();
}

TEST_CASE_METHOD(clean_context, "a cancelled operation completes in the context that started it",
                 "[ctx-49]") {
  asio::io_context loop;
  asio::steady_timer timer(context_executor(loop.get_executor()), std::chrono::hours(1));
  std::string seen;
  {
    const auto bound = request_id.bind("A");
    timer.async_wait([&](asio::error_code error) {
      CHECK(error == asio::error::operation_aborted);
      seen = read_id();
    });
  }
  const auto canceller = request_id.bind("B");
  asio::post(loop, [&] { timer.cancel(); });
  loop.run();
  CHECK(seen == "A");
}

TEST_CASE_METHOD(clean_context, "a handler wrapped by the token keeps its own executor", "[ctx-48]") {
  asio::io_context loop;
  asio::thread_pool pool(1);
  asio::steady_timer timer(loop, microseconds(10));
  std::string seen;
  {
    const auto bound = request_id.bind("A");
    timer.async_wait(with_context(
        asio::bind_executor(pool, [&, loop_thread = std::this_thread::get_id()](asio::error_code) {
          CHECK(std::this_thread::get_id() != loop_thread);
          seen = read_id();
        })));
  }
  loop.run();
  pool.join();
  CHECK(seen == "A");
}

TEST_CASE_METHOD(clean_context, "the token works with futures", "[ctx-48]") {
  asio::io_context loop;
  asio::steady_timer timer(loop, microseconds(10));
  auto done = timer.async_wait(with_context(asio::use_future));
  loop.run();
  done.get();
}

TEST_CASE_METHOD(clean_context, "an operation that never completes frees its context with the loop",
                 "[ctx-49]") {
  {
    asio::io_context loop;
    asio::steady_timer timer(context_executor(loop.get_executor()), std::chrono::hours(1));
    const auto bound = request_id.bind("A");
    timer.async_wait([](asio::error_code) {});
    loop.poll();
  }
  CHECK(ctxlog::detail::live_nodes() == 0);
}

}  // namespace
