// Coroutine types of others with an aware_promise in the place of their own.
// SPDX-License-Identifier: MIT
#include "ctxlog/coroutines/aware_promise.hpp"

#include <latch>
#include <stdexcept>
#include <string>

#include "support.hpp"

namespace {

using coroutine_test::foreign_detached;
using coroutine_test::foreign_task;

}  // namespace

template <class... Args>
struct std::coroutine_traits<foreign_task, ctxlog::aware_t, Args...> : ctxlog::aware_traits<foreign_task> {};
template <class Closure, class... Args>
struct std::coroutine_traits<foreign_task, Closure, ctxlog::aware_t, Args...>
    : ctxlog::aware_traits<foreign_task> {};
template <class... Args>
struct std::coroutine_traits<foreign_detached, ctxlog::aware_t, Args...>
    : ctxlog::aware_traits<foreign_detached> {};

namespace {

using context_test::clean_context;
using coroutine_test::noting_destructor;
using coroutine_test::parking_place;
using coroutine_test::read_id;
using coroutine_test::request_id;
using coroutine_test::threads;
using coroutine_test::verdict;
using ctxlog::aware_t;
using ctxlog::sync_wait;

foreign_task leaf(aware_t, threads& pool, std::string own, verdict& seen) {
  seen.expect(own);
  request_id.set("set in the leaf");
  co_await pool.hop();
  seen.expect("set in the leaf");
  co_return 4;
}

foreign_detached root(aware_t, threads& pool, std::string own, verdict& seen, std::latch& done) {
  request_id.set(own);
  for (int turn = 0; turn != 10; ++turn) {
    co_await pool.hop();
    seen.expect(own);
    const int four = co_await leaf(ctxlog::aware, pool, own, seen);
    seen.expect(four == 4);
    seen.expect(own);
  }
  done.count_down();
}

TEST_CASE_METHOD(clean_context, "coroutines of others keep their context through their promise") {
  verdict seen;
  threads pool(3);
  std::latch done(100);
  for (int i = 0; i != 100; ++i) {
    root(ctxlog::aware, pool, std::to_string(i), seen, done);
    CHECK(read_id() == "none");
  }
  done.wait();
  CHECK(pool.finish() == 0);
  CHECK(seen.right() == 100 * 10 * 5);
  CHECK(seen.wrong() == 0);
}

TEST_CASE_METHOD(clean_context, "without the mark the same type has its own promise") {
  verdict seen;
  threads pool(1);
  const auto plain = [](threads& own_pool, verdict& own_seen) -> foreign_task {
    co_await own_pool.hop();
    own_seen.expect("none");
    co_return 0;
  };
  const auto bound = request_id.bind("A");
  sync_wait(plain(pool, seen));
  CHECK(pool.finish() == 0);
  CHECK(seen.right() == 1);
}

TEST_CASE_METHOD(clean_context, "such a coroutine destroyed while suspended unwinds in its own context",
                 "[ctx-36]") {
  parking_place parking;
  std::string seen;
  const auto parked = [](aware_t, parking_place& place, std::string& out) -> foreign_task {
    request_id.set("coroutine");
    const noting_destructor noting(out);
    co_await place.park();
    co_return 0;
  };
  const auto bound = request_id.bind("destroyer");
  {
    const auto suspended = parked(ctxlog::aware, parking, seen);
    suspended.operator co_await().await_suspend(std::noop_coroutine()).resume();
    CHECK(read_id() == "destroyer");
  }
  CHECK(seen == "coroutine");
  CHECK(read_id() == "destroyer");
}

TEST_CASE_METHOD(clean_context, "such a coroutine hands its exceptions on as before") {
  const auto failing = [](aware_t) -> foreign_task {
    request_id.set("coroutine");
    throw std::runtime_error("from the coroutine");
    co_return 0;
  };
  CHECK_THROWS_AS(sync_wait(failing(ctxlog::aware)), std::runtime_error);
  CHECK(read_id() == "none");
}

// A library whose exceptions leave the coroutine towards whoever resumed it, and whose awaiters insist on the
// library's promise.
struct strict_coroutine {
  struct promise_type {
    strict_coroutine get_return_object() noexcept { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() { throw; }
    auto await_transform(parking_place& place) {
      struct awaiter {
        bool await_ready() const noexcept { return false; }
        void await_suspend(std::coroutine_handle<promise_type> waiting) const noexcept {
          target->parked = waiting;
        }
        void await_resume() const noexcept {}
        parking_place* target;
      };
      return awaiter{&place};
    }
  };
};

}  // namespace

template <>
struct std::coroutine_traits<strict_coroutine, ctxlog::aware_t, parking_place&>
    : ctxlog::aware_traits<strict_coroutine> {};

namespace {

strict_coroutine strict(aware_t, parking_place& place) {
  request_id.set("coroutine");
  co_await place;
  throw std::runtime_error(read_id());
}

TEST_CASE_METHOD(clean_context, "a promise's own await_transform and handles go on to work") {
  parking_place parking;
  const auto bound = request_id.bind("starter");
  strict(ctxlog::aware, parking);
  CHECK(read_id() == "starter");
  std::string thrown;
  const auto coroutine = parking.parked;
  try {
    parking.resume();
  } catch (const std::runtime_error& error) {
    thrown = error.what();
  }
  CHECK(thrown == "coroutine");
  CHECK(read_id() == "starter");
  coroutine.destroy();  // nobody else does after an exception
}

}  // namespace
