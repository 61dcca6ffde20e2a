// Coroutines of other types: preserve() for an await or a function, coroutine_scope, and what goes without.
// SPDX-License-Identifier: MIT
#include <atomic>
#include <latch>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support.hpp"

namespace {

using context_test::clean_context;
using coroutine_test::foreign_detached;
using coroutine_test::foreign_task;
using coroutine_test::noting_destructor;
using coroutine_test::parking_place;
using coroutine_test::read_id;
using coroutine_test::request_id;
using coroutine_test::step;
using coroutine_test::threads;
using coroutine_test::verdict;
using ctxlog::coroutine_scope;
using ctxlog::preserve;
using ctxlog::sync_wait;
using ctxlog::task;
using ctxlog::when_all;

// ---- preserve(awaitable) ----

foreign_task preserving_leaf(threads& pool, std::string own, verdict& seen) {
  seen.expect(own);
  co_await preserve(pool.hop());
  seen.expect(own);
  {
    const auto bound = request_id.bind(own + "+");
    co_await preserve(pool.hop());
    seen.expect(own + "+");
  }
  seen.expect(own);
  co_return 1;
}

TEST_CASE_METHOD(clean_context, "foreign coroutines keep the context over preserved awaits", "[ctx-40]") {
  verdict seen;
  threads pool(3);
  const auto root = [](threads& own_pool, std::string own, verdict& own_seen) -> foreign_task {
    const auto bound = request_id.bind(own);
    for (int turn = 0; turn != 10; ++turn) {
      const int one = co_await preserve(preserving_leaf(own_pool, own, own_seen));
      own_seen.expect(one == 1);
      own_seen.expect(own);
    }
    co_return 0;
  };
  for (int i = 0; i != 50; ++i) {
    sync_wait(root(pool, "R" + std::to_string(i), seen));
    CHECK(read_id() == "none");
  }
  CHECK(pool.finish() == 0);
  CHECK(seen.right() == 50 * 10 * 6);
  CHECK(seen.wrong() == 0);
}

TEST_CASE_METHOD(clean_context, "without help a foreign coroutine loses the context but leaves none behind",
                 "[ctx-43]") {
  verdict seen;
  threads pool(2);
  std::latch done(20);
  const auto unaware = [](threads& own_pool, verdict& own_seen, std::latch& own_done) -> foreign_detached {
    own_seen.expect("A");
    co_await own_pool.hop();
    own_seen.expect("none");
    own_done.count_down();
  };
  const auto bound = request_id.bind("A");
  for (int i = 0; i != 20; ++i) ctxlog::context::current().run([&] { unaware(pool, seen, done); });
  done.wait();
  CHECK(read_id() == "A");
  CHECK(pool.finish() == 0);
  CHECK(seen.right() == 40);
  CHECK(seen.wrong() == 0);
}

TEST_CASE_METHOD(clean_context, "who resumes a preserved coroutine has its own context back", "[ctx-40]") {
  parking_place parking;
  std::vector<std::string> seen;
  const auto parked = [](parking_place& place, std::vector<std::string>& out) -> foreign_detached {
    co_await preserve(place.park());
    out.push_back(read_id());
    request_id.set("left behind");
  };
  {
    const auto bound = request_id.bind("A");
    parked(parking, seen);
  }
  const auto resumer = request_id.bind("resumer");
  parking.resume();
  seen.push_back(read_id());
  CHECK(seen == std::vector<std::string>{"A", "resumer"});
}

struct throws_instead_of_suspending {
  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<>) const { throw 42; }
  void await_resume() const noexcept {}
};
struct does_not_suspend {
  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<>) const noexcept { return false; }
  int await_resume() const noexcept { return 2; }
};
struct resumes_at_once {
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) const { waiting.resume(); }
  void await_resume() const noexcept {}
};

TEST_CASE_METHOD(clean_context, "preserve passes on what does not suspend, resumes at once, or throws",
                 "[ctx-33]") {
  const auto root = []() -> foreign_task {
    const auto bound = request_id.bind("own");
    int caught = 0;
    try {
      co_await preserve(throws_instead_of_suspending());
    } catch (int thrown) {
      caught = thrown;
    }
    const int two = co_await preserve(does_not_suspend());
    co_await preserve(resumes_at_once());
    co_await preserve(std::suspend_never());
    co_return read_id() == "own" ? caught + two : 0;
  };
  CHECK(sync_wait(root()) == 44);
}

// ---- preserve(function) ----

TEST_CASE_METHOD(clean_context, "a preserved function keeps the context of its call, however late it runs",
                 "[FA-06][H4]") {
  threads pool(2);
  const auto worker = [](threads& own_pool) -> task<std::string> {
    co_await own_pool.hop();
    auto seen = read_id();
    request_id.set("changed by the worker");
    co_return seen;
  };
  const auto foreign_worker = [](threads& own_pool) -> foreign_task {
    co_await preserve(own_pool.hop());
    const bool right = read_id() == "A";
    request_id.set("changed by the foreign worker");
    co_return right;
  };
  const auto wrapped = preserve(worker);
  const auto foreign_wrapped = preserve(foreign_worker);
  auto calls = [&] {
    const auto bound = request_id.bind("A");
    return std::pair(wrapped(pool), foreign_wrapped(pool));
  }();
  const auto awaiting = [](task<std::string> first, task<int> second) -> task<std::string> {
    const auto bound = request_id.bind("B");
    auto seen = co_await first;
    const int foreign_right = co_await second;
    co_return seen + std::to_string(foreign_right) + read_id();
  };
  CHECK(sync_wait(awaiting(std::move(calls.first), std::move(calls.second))) == "A1B");
  CHECK(read_id() == "none");
  CHECK(pool.finish() == 0);
}

TEST_CASE_METHOD(clean_context, "preserved calls can be spawned and run side by side", "[FA-06][FA-07]") {
  threads pool(2);
  const auto worker = preserve([](threads& own_pool) -> task<std::string> {
    co_await own_pool.hop();
    co_return read_id() + ctxlog::this_task::name();
  });
  const auto both = [&] {
    const auto bound = request_id.bind("A");
    auto left = worker(pool);
    const auto inner = request_id.bind("B");
    return when_all(std::move(left), worker(pool));
  };
  auto spawned = [&] {
    const auto bound = request_id.bind("C");
    return worker(pool);
  }();
  const auto other = request_id.bind("other");
  CHECK(sync_wait(both()) == std::tuple<std::string, std::string>("A", "B"));
  CHECK(sync_wait(ctxlog::spawn(std::move(spawned), "!")) == "C!");
  CHECK(pool.finish() == 0);
}

// ---- coroutine_scope ----

TEST_CASE_METHOD(clean_context, "foreign coroutines with a scope keep their context and give back others'",
                 "[ctx-41]") {
  verdict seen;
  threads pool(3);
  std::latch done(100);
  const auto root = [](threads& own_pool, std::string own, verdict& own_seen,
                       std::latch& own_done) -> foreign_detached {
    {
      coroutine_scope scope;
      const auto bound = request_id.bind(own);
      co_await scope(own_pool.hop());
      own_seen.expect(own);
      for (int turn = 0; turn != 10; ++turn) {
        const int one = co_await scope(preserving_leaf(own_pool, own, own_seen));
        own_seen.expect(one == 1);
        own_seen.expect(own);
      }
      co_await scope(own_pool.hop());
      request_id.set("left behind");
    }
    own_seen.expect("none");
    own_done.count_down();
  };
  for (int i = 0; i != 100; ++i) {
    root(pool, "W" + std::to_string(i), seen, done);
    CHECK(read_id() == "none");
  }
  done.wait();
  CHECK(pool.finish() == 0);
  CHECK(seen.right() == 100 * (2 + 10 * 6));
  CHECK(seen.wrong() == 0);
}

TEST_CASE_METHOD(clean_context, "the starter of a scoped coroutine does not see what it binds or sets",
                 "[ctx-41]") {
  parking_place parking;
  const auto scoped = [](parking_place& place) -> foreign_detached {
    coroutine_scope scope;
    request_id.set("coroutine");
    co_await scope(place.park());
    CHECK(read_id() == "coroutine");
  };
  const auto bound = request_id.bind("starter");
  const auto before = ctxlog::context::current();
  scoped(parking);
  CHECK(ctxlog::context::current() == before);
  ctxlog::detach([&] { parking.resume(); });
  CHECK(ctxlog::context::current() == before);
}

TEST_CASE_METHOD(clean_context, "a scoped coroutine that ends at once, or by exception, leaves nothing",
                 "[ctx-41]") {
  const auto scoped = [](bool throwing) -> foreign_task {
    coroutine_scope scope;
    request_id.set("coroutine");
    co_await scope(std::suspend_never());
    if (throwing) throw std::runtime_error("from the coroutine");
    co_return 3;
  };
  const auto starting = [&](foreign_task started) {
    started.operator co_await().await_suspend(std::noop_coroutine()).resume();
    CHECK(read_id() == "none");
  };
  starting(scoped(false));
  starting(scoped(true));
}

TEST_CASE_METHOD(clean_context, "a scoped coroutine destroyed while suspended unwinds in its own context",
                 "[ctx-36][ctx-41]") {
  parking_place parking;
  std::string seen;
  const auto scoped = [](parking_place& place, std::string& out) -> foreign_task {
    coroutine_scope scope;
    const auto bound = request_id.bind("coroutine");
    const noting_destructor noting(out);
    co_await scope(place.park());
    co_return 0;
  };
  const auto bound = request_id.bind("destroyer");
  {
    const auto suspended = scoped(parking, seen);
    suspended.operator co_await().await_suspend(std::noop_coroutine()).resume();
  }
  CHECK(seen == "coroutine");
  CHECK(read_id() == "destroyer");
}

TEST_CASE_METHOD(clean_context, "an await outside the scope loses the context, is counted, and leaks nothing",
                 "[ctx-43]") {
  static constinit std::atomic<int> losses{0};
  const auto earlier = ctxlog::set_mismatch_handler([](const ctxlog::mismatch_info& heard) noexcept {
    losses += heard.kind == ctxlog::mismatch_kind::lost_context;
  });
  verdict seen;
  threads pool(1);
  std::latch done(3);
  const auto careless = [](threads& own_pool, bool goes_on, verdict& own_seen,
                           std::latch& own_done) -> foreign_detached {
    {
      coroutine_scope scope;
      request_id.set("coroutine");
      co_await own_pool.hop();
      own_seen.expect("none");
      if (goes_on) {
        co_await scope(own_pool.hop());
        request_id.set("left behind");
      }
    }
    own_seen.expect("none");
    own_done.count_down();
  };
  // As the starter of any coroutine that may lose its context has to.
  const auto bound = request_id.bind("starter");
  for (const bool goes_on : {false, true, true})
    ctxlog::context::current().run([&] { careless(pool, goes_on, seen, done); });
  done.wait();
  CHECK(pool.finish() == 0);
  CHECK(seen.right() == 6);
  CHECK(seen.wrong() == 0);
  ctxlog::set_mismatch_handler(earlier);
  CHECK(losses == 3);
  expected_mismatches = 3;
}

}  // namespace
