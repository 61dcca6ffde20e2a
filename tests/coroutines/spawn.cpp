// Spawned tasks: snapshot at creation, names, joining, stopping, failures that nobody waits for.
// SPDX-License-Identifier: MIT
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <latch>
#include <memory>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "logger.hpp"
#include "support.hpp"

namespace {

using context_test::clean_context;
using coroutine_test::parking_place;
using coroutine_test::read_id;
using coroutine_test::request_id;
using coroutine_test::threads;
using coroutine_test::verdict;
using ctxlog::spawn;
using ctxlog::sync_wait;
using ctxlog::task;
using ctxlog::testing::capture;
using logger_test::clean_logging;

class spawning : public clean_context, public clean_logging {
 public:
  spawning() { ctxlog::configure({.patchers = {{ctxlog::context_variables(request_id)}}}); }

 protected:
  capture records{logger_test::as_json()};
};

task<> parked_log(parking_place& place) {
  co_await place.park();
  ctxlog::info("work");
}

TEST_CASE_METHOD(spawning, "a spawned task has the context of its creation", "[FA-01][H4][ctx-30]") {
  parking_place parking;
  {
    const auto bound = request_id.bind("A");
    spawn(parked_log(parking));
    CHECK(read_id() == "A");
  }
  const auto bound = request_id.bind("B");
  parking.resume();
  CHECK(records.only().field<std::string>("request_id") == "A");
  CHECK(read_id() == "B");
}

TEST_CASE_METHOD(spawning, "a task's name of any length is in each of its records", "[FA-02]") {
  parking_place parking;
  const std::string name = "process-order-1234567890";
  {
    const auto fields = ctxlog::with_fields(ctxlog::kv("shop", "north"));
    spawn(parked_log(parking), name);
  }
  ctxlog::info("outside");
  parking.resume();
  const auto all = records.all();
  REQUIRE(all.size() == 2);
  CHECK_FALSE(all[0].has("task"));
  CHECK(all[1].field<std::string>("task") == name);
  CHECK(all[1].field<std::string>("shop") == "north");
}

TEST_CASE_METHOD(spawning, "a task can ask its name; without one it has its starter's", "[FA-02]") {
  std::vector<std::string> seen;
  const auto inner = [](std::vector<std::string>& out) -> task<> {
    out.push_back(ctxlog::this_task::name());
    co_return;
  };
  const auto outer = [&](std::vector<std::string>& out) -> task<> {
    out.push_back(ctxlog::this_task::name());
    spawn(inner(out));
    spawn(inner(out), "inner");
    out.push_back(ctxlog::this_task::name());
    co_return;
  };
  spawn(outer(seen), "outer");
  CHECK(seen == std::vector<std::string>{"outer", "outer", "inner", "outer"});
  CHECK(ctxlog::this_task::name().empty());
}

TEST_CASE_METHOD(spawning, "a handle yields the result, once, before and after the end") {
  parking_place parking;
  const auto work = [](parking_place& place) -> task<std::unique_ptr<int>> {
    co_await place.park();
    co_return std::make_unique<int>(7);
  };
  const auto joining = [](ctxlog::running<std::unique_ptr<int>>& handle) -> task<int> {
    const auto bound = request_id.bind("joiner");
    const auto result = co_await handle;
    co_return read_id() == "joiner" ? *result : -1;
  };

  auto late = spawn(work(parking));
  CHECK_FALSE(late.done());
  auto joined = spawn(joining(late));
  parking.resume();
  CHECK(sync_wait(std::move(joined)) == 7);
  CHECK_FALSE(late.valid());
  CHECK_THROWS_AS(sync_wait(std::move(late)), std::logic_error);

  auto early = spawn(work(parking));
  parking.resume();
  CHECK(early.done());
  CHECK(sync_wait(joining(early)) == 7);
}

TEST_CASE_METHOD(spawning, "joining throws what the task threw and goes on on the task's thread") {
  verdict seen;
  threads pool(1);
  const auto failing = [](threads& own_pool) -> task<int> {
    co_await own_pool.hop();
    throw std::runtime_error("from the task");
    co_return 0;
  };
  const auto parent = [&](threads& own_pool, verdict& own_seen) -> task<> {
    const auto bound = request_id.bind("parent");
    auto child = spawn(failing(own_pool), "child");
    try {
      co_await child;
      own_seen.expect(false);
    } catch (const std::runtime_error& error) {
      own_seen.expect(error.what() == std::string("from the task"));
      own_seen.expect("parent");
    }
  };
  sync_wait(parent(pool, seen));
  CHECK(pool.finish() == 0);
  CHECK(seen.right() == 2);
  CHECK(seen.wrong() == 0);
  CHECK(records.size() == 0);
}

TEST_CASE_METHOD(spawning,
                 "a failure that nobody awaits is logged in the context of the task, with its place",
                 "[H5]") {
  parking_place parking;
  const auto failing = [](parking_place& place) -> task<> {
    co_await place.park();
    throw std::runtime_error("nobody will see this");
  };
  int line = 0;
  SECTION("dropped before the end") {
    const auto bound = request_id.bind("A");
    line = __LINE__ + 1;
    spawn(failing(parking), "failing task with a long name");
    parking.resume();
  }
  SECTION("dropped after the end") {
    const auto handle = [&] {
      const auto bound = request_id.bind("A");
      line = __LINE__ + 1;
      return spawn(failing(parking), "failing task with a long name");
    }();
    parking.resume();
    CHECK(handle.done());
    CHECK(records.size() == 0);
  }
  const auto record = records.only();
  CHECK(record.level == ctxlog::level::error);
  CHECK(record.message == "a task failed and nobody waited for it");
  CHECK(record.field<std::string>("request_id") == "A");
  CHECK(record.field<std::string>("task") == "failing task with a long name");
  CHECK(record.where.line == line);
  CHECK(record.where.file_name() == "spawn.cpp");
  CHECK_THAT(record.line, Catch::Matchers::ContainsSubstring("nobody will see this"));
}

TEST_CASE_METHOD(spawning, "a callable lives as long as the task it returns") {
  parking_place parking;
  auto big = std::make_unique<std::string>("captured");
  auto handle = spawn([&parking, owned = std::move(big)]() -> task<std::string> {
    co_await parking.park();
    co_return *owned;
  });
  parking.resume();
  CHECK(sync_wait(std::move(handle)) == "captured");
}

TEST_CASE_METHOD(spawning, "a task is told to stop through its handle, and so is what it awaits and calls") {
  struct stopped {};
  const auto inner = []() -> task<> {
    if (ctxlog::this_task::stop_token().stop_requested()) throw stopped();
    co_return;
  };
  parking_place parking;
  const auto outer = [&]() -> task<std::string> {
    co_await parking.park();
    try {
      co_await inner();
    } catch (const stopped&) {
      co_return "stopped";
    }
    co_return "not stopped";
  };
  auto told = spawn(outer());
  told.request_stop();
  parking.resume();
  CHECK(sync_wait(std::move(told)) == "stopped");

  auto left_alone = spawn(outer());
  parking.resume();
  CHECK(sync_wait(std::move(left_alone)) == "not stopped");
  CHECK_FALSE(ctxlog::this_task::stop_token().stop_possible());
}

TEST_CASE_METHOD(spawning, "a spawned task is not told when its starter is") {
  parking_place parking;
  bool told = true;
  const auto child = [&]() -> task<> {
    co_await parking.park();
    told = ctxlog::this_task::stop_token().stop_requested();
  };
  const auto parent = [&]() -> task<> {
    spawn(child());
    co_return;
  };
  auto started = spawn(parent());
  started.request_stop();
  parking.resume();
  CHECK_FALSE(told);
}

TEST_CASE_METHOD(spawning, "a waiting coroutine may be destroyed before the work it waits for ends") {
  parking_place parking;
  const auto work = [](parking_place& place) -> task<int> {
    co_await place.park();
    co_return 1;
  };
  const auto joining = [](ctxlog::running<int> handle) -> task<int> {
    const int result = co_await handle;
    co_return result;
  };
  {
    const auto waiting = joining(spawn(work(parking)));
    const auto coroutine = waiting.startable();
    coroutine.promise().start(std::noop_coroutine());
    coroutine.resume();
  }
  parking.resume();
  CHECK(records.size() == 0);
}

TEST_CASE_METHOD(spawning, "two coroutines cannot wait for the same work") {
  parking_place parking;
  const auto work = [](parking_place& place) -> task<> { co_await place.park(); };
  auto handle = spawn(work(parking));
  const auto shared = handle.operator co_await();
  auto& joined = const_cast<std::remove_const_t<decltype(shared)>&>(shared);
  CHECK(joined.await_suspend(std::noop_coroutine()));
  CHECK_THROWS_AS(joined.await_suspend(std::noop_coroutine()), std::logic_error);
  parking.resume();
}

// The work of a request that ended long ago: its id is right, and its values end with the last of the tasks.
TEST_CASE_METHOD(spawning, "tasks outlive their request, whose values end with the last of them",
                 "[H5][DR-15][FA-09]") {
  constinit static ctxlog::context_var<std::shared_ptr<int>> session{"session"};
  std::weak_ptr<int> watched;
  {
    threads pool(4);
    std::latch response_sent(1), done(100);
    {
      const auto bound = request_id.bind("finished request");
      const auto owner = std::make_shared<int>(1);
      watched = owner;
      const auto held = session.bind(owner);
      const auto background = [](threads& own_pool, std::latch& sent, std::latch& own_done) -> task<> {
        co_await own_pool.hop();
        sent.wait();
        co_await own_pool.hop();
        ctxlog::info("in the background");
        own_done.count_down();
      };
      for (int i = 0; i != 100; ++i) spawn(background(pool, response_sent, done), "background");
    }
    CHECK_FALSE(watched.expired());
    ctxlog::info("response sent");
    response_sent.count_down();
    done.wait();
    CHECK(pool.finish() == 0);
  }
  CHECK(watched.expired());
  const auto all = records.all();
  REQUIRE(all.size() == 101);
  CHECK_FALSE(all[0].has("request_id"));
  for (std::size_t i = 1; i != all.size(); ++i)
    REQUIRE(all[i].field<std::string>("request_id") == "finished request");
}

}  // namespace
