// when_all and when_any: contexts kept apart, results, failures, stopping.
// SPDX-License-Identifier: MIT
#include <atomic>
#include <catch2/matchers/catch_matchers.hpp>
#include <functional>
#include <latch>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "support.hpp"

namespace {

using context_test::clean_context;
using coroutine_test::foreign_task;
using coroutine_test::noting_destructor;
using coroutine_test::parking_place;
using coroutine_test::read_id;
using coroutine_test::request_id;
using coroutine_test::threads;
using coroutine_test::verdict;
using ctxlog::sync_wait;
using ctxlog::task;
using ctxlog::when_all;
using ctxlog::when_any;

task<std::string> id_after_hops(threads& pool, std::string own) {
  const auto bound = request_id.bind(own);
  for (int i = 0; i != 3; ++i) co_await pool.hop();
  co_return read_id();
}

TEST_CASE_METHOD(clean_context, "a hundred branches keep a hundred ids, and the parent its own",
                 "[FA-07][FA-08]") {
  threads pool(4);
  const auto parent = [](threads& own_pool) -> task<int> {
    const auto bound = request_id.bind("parent");
    std::vector<task<std::string>> branches;
    for (int i = 0; i != 100; ++i) branches.push_back(id_after_hops(own_pool, std::to_string(i)));
    const auto seen = co_await when_all(std::move(branches));
    int right = 0;
    for (std::size_t i = 0; i != seen.size(); ++i) right += seen[i] == std::to_string(i);
    co_return read_id() == "parent" ? right : -1;
  };
  CHECK(sync_wait(parent(pool)) == 100);
  CHECK(pool.finish() == 0);
}

TEST_CASE_METHOD(clean_context, "when_all yields a tuple of whatever is awaited, in order") {
  threads pool(2);
  const auto nothing = []() -> task<> { co_return; };
  const auto foreign = []() -> foreign_task { co_return 5; };
  const auto move_only = []() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(6); };
  auto handle = ctxlog::spawn(id_after_hops(pool, "spawned"));
  const auto [first, second, third, fourth, fifth] =
      sync_wait(when_all(id_after_hops(pool, "a"), nothing(), foreign(), move_only(), std::move(handle)));
  CHECK(first == "a");
  CHECK(second == std::monostate());
  CHECK(third == 5);
  CHECK(*fourth == 6);
  CHECK(fifth == "spawned");
  CHECK(sync_wait(when_all()) == std::tuple<>());
}

TEST_CASE_METHOD(clean_context, "when_all of a range of nothing yields nothing, also of an empty one") {
  std::atomic<int> run = 0;
  const auto counting = [](std::atomic<int>& count) -> task<> {
    ++count;
    co_return;
  };
  std::vector<task<>> branches;
  sync_wait(when_all(std::move(branches)));
  branches.clear();
  for (int i = 0; i != 10; ++i) branches.push_back(counting(run));
  sync_wait(when_all(std::move(branches)));
  CHECK(run == 10);
}

task<int> fails_at_once(const char* message) {
  throw std::runtime_error(message);
  co_return 0;
}

task<int> waits_for_stop(std::atomic<int>& stopped) {
  struct stop_request {
    bool await_ready() const { return token.stop_requested(); }
    // Whoever is second of the two, the callback and the end of its registration, resumes.
    bool await_suspend(std::coroutine_handle<> waiting) {
      callback.emplace(token, [this, waiting] {
        if (second.exchange(true)) waiting.resume();
      });
      return !second.exchange(true);
    }
    void await_resume() const noexcept {}
    std::stop_token token = ctxlog::this_task::stop_token();
    std::optional<std::stop_callback<std::function<void()>>> callback{};
    std::atomic<bool> second{false};
  };
  stop_request stop;
  co_await stop;
  ++stopped;
  co_return 0;
}

TEST_CASE_METHOD(clean_context, "when_all stops the rest after the first failure, and throws it in the end") {
  std::atomic<int> stopped = 0;
  CHECK_THROWS_WITH(sync_wait(when_all(waits_for_stop(stopped), fails_at_once("first"),
                                       fails_at_once("second"), waits_for_stop(stopped))),
                    "first");
  CHECK(stopped == 2);
}

TEST_CASE_METHOD(clean_context, "when_any yields the first, stops the others and waits for them") {
  std::atomic<int> stopped = 0;
  parking_place parking;
  const auto winner = [](parking_place& place) -> task<std::string> {
    co_await place.park();
    co_return "won";
  };
  auto race = ctxlog::spawn([](auto first, auto second, auto third) -> task<std::string> {
    const auto bound = request_id.bind("racing");
    auto result = co_await when_any(std::move(first), std::move(second), std::move(third));
    co_return std::to_string(result.index) + std::get<1>(result.value) + read_id();
  }(waits_for_stop(stopped), winner(parking), waits_for_stop(stopped)));
  CHECK_FALSE(race.done());
  CHECK(stopped == 0);
  parking.resume();
  CHECK(race.done());
  CHECK(stopped == 2);
  CHECK(sync_wait(std::move(race)) == "1wonracing");
}

TEST_CASE_METHOD(clean_context, "when_any over a range, and what it does with failures") {
  std::atomic<int> stopped = 0;
  std::vector<task<int>> branches;
  branches.push_back(waits_for_stop(stopped));
  branches.push_back([]() -> task<int> { co_return 5; }());
  branches.push_back(waits_for_stop(stopped));
  const auto first = sync_wait(when_any(std::move(branches)));
  CHECK(first.index == 1);
  CHECK(first.value == 5);
  CHECK(stopped == 2);

  CHECK_THROWS_WITH(sync_wait(when_any(waits_for_stop(stopped), fails_at_once("failed first"))),
                    "failed first");
  CHECK(sync_wait(when_any([]() -> task<int> { co_return 1; }(), fails_at_once("too late"))).index == 0);
  CHECK_THROWS_AS(when_any(std::vector<task<int>>()), std::invalid_argument);
}

TEST_CASE_METHOD(clean_context, "a stop request reaches the branches of what is stopped") {
  std::atomic<int> stopped = 0;
  auto outer = ctxlog::spawn(when_all(waits_for_stop(stopped), waits_for_stop(stopped)));
  CHECK(stopped == 0);
  outer.request_stop();
  CHECK(stopped == 2);
  CHECK(outer.done());
}

TEST_CASE_METHOD(clean_context, "branches destroyed while suspended unwind each in its own context",
                 "[ctx-36]") {
  parking_place left_parking, right_parking;
  std::string left_seen, right_seen;
  const auto branch = [](std::string own, parking_place& place, std::string& seen) -> task<> {
    const auto bound = request_id.bind(own);
    const noting_destructor noting(seen);
    co_await place.park();
  };
  {
    const auto both =
        when_all(branch("left", left_parking, left_seen), branch("right", right_parking, right_seen));
    const auto coroutine = both.startable();
    coroutine.promise().start(std::noop_coroutine());
    coroutine.resume();
    CHECK(right_parking.parked);
  }
  CHECK(left_seen == "left");
  CHECK(right_seen == "right");
}

TEST_CASE_METHOD(clean_context, "a thousand races between a result and a stop request end well") {
  for (int round = 0; round != 1000; ++round) {
    std::atomic<int> stopped = 0;
    threads pool(2);
    const auto hops = [](threads& own_pool) -> task<int> {
      co_await own_pool.hop();
      co_return 1;
    };
    auto race = ctxlog::spawn(when_any(hops(pool), hops(pool), waits_for_stop(stopped)));
    race.request_stop();
    const auto first = sync_wait(std::move(race));
    REQUIRE(first.index <= 2);
    REQUIRE(stopped == 1);
    if (round % 100 != 0) continue;
    REQUIRE(pool.finish() == 0);
  }
}

// A vector clock in the context, as tracers keep it: branches that share it would look ordered.
TEST_CASE_METHOD(clean_context, "what branches write is theirs: neither follows the other, both the parent",
                 "[H12][FA-08]") {
  using clock = std::map<std::string, int>;
  constinit static ctxlog::context_var<clock> causality{"causality"};
  constexpr auto tick = [](const std::string& own) {
    auto next = causality.get_or({});
    ++next[own];
    causality.set(std::move(next));
  };
  threads pool(2);
  const auto branch = [tick](threads& own_pool, std::string own) -> task<clock> {
    tick(own);
    co_await own_pool.hop();
    tick(own);
    co_return causality.get();
  };
  const auto parent = [&](threads& own_pool) -> task<> {
    tick("parent");
    const auto [left, right] = co_await when_all(branch(own_pool, "left"), branch(own_pool, "right"));
    CHECK(left == clock{{"parent", 1}, {"left", 2}});
    CHECK(right == clock{{"parent", 1}, {"right", 2}});
    tick("parent");
    CHECK(causality.get() == clock{{"parent", 2}});
  };
  sync_wait(parent(pool));
  CHECK(pool.finish() == 0);
}

}  // namespace
