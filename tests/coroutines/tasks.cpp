// Tasks: the context over every await, isolation from the awaiting coroutine, results of all kinds.
// SPDX-License-Identifier: MIT
#include <catch2/matchers/catch_matchers.hpp>
#include <latch>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support.hpp"

namespace {

using context_test::clean_context;
using coroutine_test::foreign_task;
using coroutine_test::noting_destructor;
using coroutine_test::parking_place;
using coroutine_test::read_id;
using coroutine_test::request_id;
using coroutine_test::step;
using coroutine_test::threads;
using coroutine_test::verdict;
using ctxlog::sync_wait;
using ctxlog::task;

// ---- over suspensions ----

task<int> leaf(threads& pool, int i, verdict& seen) {
  seen.expect(step.get() == i);
  const auto bound = step.bind(i + 1000);
  co_await pool.hop();
  seen.expect(step.get() == i + 1000);
  seen.expect("R" + std::to_string(i));
  if (i % 7 == 0) throw i;
  co_return i;
}

task<int> middle(threads& pool, int i, verdict& seen) {
  const auto bound = step.bind(i);
  int result = 0;
  try {
    result = co_await leaf(pool, i, seen);
  } catch (int thrown) {
    result = thrown;
  }
  seen.expect(step.get() == i);
  co_await pool.hop();
  seen.expect(step.get() == i);
  co_return result;
}

task<> root(threads& first, threads& second, int i, verdict& seen, std::latch& done) {
  const auto bound = request_id.bind("R" + std::to_string(i));
  for (int turn = 0; turn != 5; ++turn) {
    const int result = co_await middle(turn % 2 ? first : second, i, seen);
    seen.expect(result == i);
    seen.expect("R" + std::to_string(i));
    seen.expect(step.get() == 0);
  }
  co_await second.hop();
  seen.expect("R" + std::to_string(i));
  done.count_down();
}

TEST_CASE_METHOD(clean_context, "two hundred tasks on two pools keep their contexts over every await",
                 "[ctx-28][ctx-29][ctx-30][DR-01]") {
  verdict seen;
  int leaks = 0;
  {
    threads first(2), second(2);
    std::latch done(200);
    const auto bound = request_id.bind("starter");
    const auto before = ctxlog::context::current();
    for (int i = 0; i != 200; ++i) {
      ctxlog::spawn(root(first, second, i, seen, done));
      CHECK(ctxlog::context::current() == before);
    }
    done.wait();
    leaks = first.finish() + second.finish();
  }
  CHECK(leaks == 0);
  CHECK(seen.wrong() == 0);
  CHECK(seen.right() == 200 * (5 * (3 + 3 + 2) + 1));
}

TEST_CASE_METHOD(clean_context, "a hundred tasks taking turns on one thread do not mix up their values",
                 "[DR-01][BL-14]") {
  verdict seen;
  threads loop(1);
  std::latch done(100);
  const auto turns = [](threads& own_loop, int i, verdict& own_seen, std::latch& own_done) -> task<> {
    const auto own = std::to_string(i);
    const auto bound = request_id.bind(own);
    for (int turn = 0; turn != 10; ++turn) {
      co_await own_loop.hop();
      own_seen.expect(own);
    }
    own_done.count_down();
  };
  for (int i = 0; i != 100; ++i) ctxlog::spawn(turns(loop, i, seen, done));
  done.wait();
  CHECK(loop.finish() == 0);
  CHECK(seen.right() == 1000);
  CHECK(seen.wrong() == 0);
}

TEST_CASE_METHOD(clean_context,
                 "a thousand tasks hop twenty times over eight threads and leave nothing there", "[H7]") {
  verdict seen;
  threads pool(8);
  std::latch done(1000);
  const auto hopping = [](threads& own_pool, int i, verdict& own_seen, std::latch& own_done) -> task<> {
    const auto own = std::to_string(i);
    const auto bound = request_id.bind(own);
    for (int hop = 0; hop != 20; ++hop) {
      co_await own_pool.hop();
      own_seen.expect(own);
    }
    own_done.count_down();
  };
  for (int i = 0; i != 1000; ++i) {
    ctxlog::spawn(hopping(pool, i, seen, done));
    seen.expect("none");
  }
  done.wait();
  CHECK(pool.finish() == 0);
  CHECK(seen.right() == 21'000);
  CHECK(seen.wrong() == 0);
}

TEST_CASE_METHOD(clean_context, "the thread left behind at a suspension is in its own context again",
                 "[H7][ctx-30]") {
  parking_place parking;
  const auto waiting = [](parking_place& place) -> task<> {
    request_id.set("task");
    co_await place.park();
    CHECK(read_id() == "task");
  };
  const auto started = ctxlog::spawn(waiting(parking));
  CHECK(read_id() == "none");
  {
    const auto bound = request_id.bind("resumer");
    parking.resume();
    CHECK(read_id() == "resumer");
  }
  CHECK(started.done());
}

TEST_CASE_METHOD(clean_context, "a plain set in a task survives its suspensions", "[ctx-32]") {
  verdict seen;
  threads pool(2);
  const auto setting = [](threads& own_pool, verdict& own_seen) -> task<> {
    request_id.set("first");
    co_await own_pool.hop();
    own_seen.expect("first");
    request_id.set("second");
    co_await own_pool.hop();
    own_seen.expect("second");
  };
  sync_wait(setting(pool, seen));
  CHECK(read_id() == "none");
  CHECK(pool.finish() == 0);
  CHECK(seen.right() == 2);
}

// ---- isolation ----

task<> sets_at_once() {
  request_id.set("child");
  CHECK(read_id() == "child");
  co_return;
}
task<> sets_and_hops(threads& pool, verdict& seen) {
  request_id.set("child");
  co_await pool.hop();
  seen.expect("child");
  request_id.set("child again");
}
task<> sets_and_throws(threads& pool) {
  request_id.set("child");
  co_await pool.hop();
  throw std::runtime_error("from the child");
}

TEST_CASE_METHOD(clean_context, "what an awaited task sets is not seen by its awaiter, however it ends",
                 "[ctx-31][BL-03][FA-08]") {
  verdict seen;
  threads pool(2);
  const auto parent = [](threads& own_pool, verdict& own_seen) -> task<> {
    request_id.set("parent");
    co_await sets_at_once();
    own_seen.expect("parent");
    co_await sets_and_hops(own_pool, own_seen);
    own_seen.expect("parent");
    try {
      co_await sets_and_throws(own_pool);
      own_seen.expect(false);
    } catch (const std::runtime_error&) {
      own_seen.expect("parent");
    }
  };
  sync_wait(parent(pool, seen));
  CHECK(read_id() == "none");
  CHECK(pool.finish() == 0);
  CHECK(seen.right() == 4);
  CHECK(seen.wrong() == 0);
}

TEST_CASE_METHOD(clean_context,
                 "a task begins in the context in which it is started, not the one it was made in",
                 "[BL-03]") {
  std::string seen;
  const auto noting = [](std::string& out) -> task<> {
    out = read_id();
    co_return;
  };
  const auto made = [&] {
    const auto bound = request_id.bind("made here");
    return noting(seen);
  };
  auto work = made();
  const auto bound = request_id.bind("started here");
  sync_wait(std::move(work));
  CHECK(seen == "started here");
}

TEST_CASE_METHOD(clean_context, "a task over tasks of another library keeps its own context", "[ctx-42]") {
  verdict seen;
  threads pool(3);
  const auto foreign = [](threads& own_pool, bool hops) -> foreign_task {
    if (hops) co_await own_pool.hop();
    co_return 5;
  };
  const auto over = [](auto make, threads& own_pool, verdict& own_seen) -> task<> {
    const auto bound = request_id.bind("own");
    for (int turn = 0; turn != 2000; ++turn) {
      const int result = co_await make(own_pool, turn % 3 == 0);
      own_seen.expect(result == 5);
      own_seen.expect("own");
    }
  };
  sync_wait(over(foreign, pool, seen));
  CHECK(pool.finish() == 0);
  CHECK(seen.right() == 4000);
  CHECK(seen.wrong() == 0);
}

// ---- results ----

TEST_CASE_METHOD(clean_context, "a task yields values, references, nothing and exceptions") {
  static int global = 0;
  const auto value = []() -> task<std::string> { co_return "text"; };
  const auto move_only = []() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(7); };
  const auto reference = []() -> task<int&> { co_return global; };
  const auto constant = []() -> task<const int&> { co_return global; };
  const auto nothing = []() -> task<> { co_return; };
  const auto failing = []() -> task<int> {
    throw std::runtime_error("no result");
    co_return 0;
  };
  struct no_default {
    explicit no_default(int n) : number(n) {}
    int number;
  };
  const auto without_default = []() -> task<no_default> { co_return no_default(3); };

  CHECK(sync_wait(value()) == "text");
  CHECK(*sync_wait(move_only()) == 7);
  CHECK(&sync_wait(reference()) == &global);
  CHECK(&sync_wait(constant()) == &global);
  sync_wait(nothing());
  CHECK(sync_wait(without_default()).number == 3);
  CHECK_THROWS_WITH(sync_wait(failing()), "no result");
}

TEST_CASE_METHOD(clean_context, "a task that was started or moved from cannot be started again") {
  const auto nothing = []() -> task<> { co_return; };
  auto moved = nothing();
  auto work = std::move(moved);
  CHECK_THROWS_WITH(sync_wait(std::move(moved)),
                    "ctxlog::task: awaited or started a second time, or moved from");
  const auto twice = [](task<> once) -> task<> {
    co_await once;
    co_await once;
  };
  CHECK_THROWS_AS(sync_wait(twice(std::move(work))), std::logic_error);
}

// ---- everything that can be awaited ----

class immovable {
 public:
  explicit immovable(threads& pool) : pool_(pool) {}
  immovable(const immovable&) = delete;
  immovable& operator=(const immovable&) = delete;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    pool_.post([waiting] { waiting.resume(); });
  }
  int await_resume() const noexcept { return 11; }

 private:
  threads& pool_;
};

struct with_free_operator {
  threads* pool;
};
struct free_awaiter {
  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> waiting) {
    pool->post([waiting] { waiting.resume(); });
    return true;
  }
  std::string&& await_resume() noexcept { return std::move(text); }
  threads* pool;
  std::string text;
};
free_awaiter operator co_await(const with_free_operator& awaited) { return {awaited.pool, "moved out"}; }

TEST_CASE_METHOD(clean_context, "a task awaits immovable things, free operators and tasks kept in variables",
                 "[ctx-37]") {
  verdict seen;
  threads pool(2);
  const auto awaiting = [](threads& own_pool, verdict& own_seen) -> task<> {
    const auto bound = request_id.bind("own");
    const int number = co_await immovable(own_pool);
    own_seen.expect(number == 11);
    own_seen.expect("own");
    const std::string text = co_await with_free_operator{&own_pool};
    own_seen.expect(text == "moved out");
    own_seen.expect("own");
    const auto child = sets_and_hops(own_pool, own_seen);
    co_await child;
    own_seen.expect("own");
  };
  sync_wait(awaiting(pool, seen));
  CHECK(pool.finish() == 0);
  CHECK(seen.right() == 6);
  CHECK(seen.wrong() == 0);
}

struct throws_instead_of_suspending {
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<>) const { throw 42; }
  void await_resume() const noexcept {}
};
struct does_not_suspend {
  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<>) const noexcept { return false; }
  void await_resume() const noexcept {}
};
struct resumes_at_once {
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) const { waiting.resume(); }
  void await_resume() const noexcept {}
};
struct transfers_to_itself {
  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiting) const noexcept { return waiting; }
  void await_resume() const noexcept {}
};
struct throws_on_resumption {
  bool await_ready() const noexcept { return true; }
  void await_suspend(std::coroutine_handle<>) const noexcept {}
  void await_resume() const { throw 43; }
};

task<> odd_awaiters(std::vector<std::string>& seen) {
  const auto bound = request_id.bind("own");
  try {
    co_await throws_instead_of_suspending();
  } catch (int thrown) {
    seen.push_back(read_id() + std::to_string(thrown));
  }
  co_await does_not_suspend();
  seen.push_back(read_id());
  co_await resumes_at_once();
  seen.push_back(read_id());
  co_await transfers_to_itself();
  seen.push_back(read_id());
  try {
    co_await throws_on_resumption();
  } catch (int thrown) {
    seen.push_back(read_id() + std::to_string(thrown));
  }
}

TEST_CASE_METHOD(clean_context,
                 "awaiters that throw, do not suspend or resume at once leave the context alone",
                 "[ctx-33]") {
  std::vector<std::string> seen;
  const auto outer = request_id.bind("outer");
  sync_wait(odd_awaiters(seen));
  CHECK(read_id() == "outer");
  CHECK(seen == std::vector<std::string>{"own42", "own", "own", "own", "own43"});
}

// ---- the end before the end ----

TEST_CASE_METHOD(clean_context, "a task destroyed while suspended unwinds in its own context", "[ctx-36]") {
  parking_place parking;
  std::string outer_seen, inner_seen;
  const auto inner = [](parking_place& place, std::string& seen) -> task<> {
    const auto bound = request_id.bind("inner");
    const noting_destructor noting(seen);
    co_await place.park();
  };
  const auto outer = [](task<> child, std::string& seen) -> foreign_task {
    const auto own = [](task<> awaited, std::string& own_seen) -> task<> {
      const auto bound = request_id.bind("outer");
      const noting_destructor noting(own_seen);
      co_await awaited;
    };
    co_await own(std::move(child), seen);
    co_return 0;
  };
  {
    const auto destroyer = request_id.bind("destroyer");
    {
      const auto root_task = outer(inner(parking, inner_seen), outer_seen);
      const auto awaiter = root_task.operator co_await();
      awaiter.await_suspend(std::noop_coroutine()).resume();
      REQUIRE(parking.parked);
      CHECK(read_id() == "destroyer");
    }
    CHECK(read_id() == "destroyer");
  }
  CHECK(inner_seen == "inner");
  CHECK(outer_seen == "outer");
}

TEST_CASE_METHOD(clean_context, "a task that was never started is destroyed without a trace") {
  std::string seen = "not run";
  {
    const auto bound = request_id.bind("A");
    const auto unused = [](std::string& out) -> task<> {
      out = "run";
      co_return;
    }(seen);
  }
  CHECK(seen == "not run");
}

}  // namespace
