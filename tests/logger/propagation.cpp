// Every line knows its request, whatever thread, pool or callback it was written on.
// SPDX-License-Identifier: MIT
#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "context.hpp"
#include "logger.hpp"

namespace {

using context_test::worker_pool;
using ctxlog::bind_context;
using ctxlog::bind_context_once;
using ctxlog::kv;
using ctxlog::testing::capture;
using logger_test::clean_logging;

constinit ctxlog::context_var<std::string> request_id{"request_id"};

// Records whose "expected" is the id their request has.
class requests : public clean_logging {
 public:
  requests() { ctxlog::configure({.patchers = {{ctxlog::context_variables(request_id)}}}); }

 protected:
  static void log_expecting(const std::string& id) { ctxlog::info("work", kv("expected", id)); }

  void check_all(std::size_t count) const {
    REQUIRE(records.size() == count);
    for (const auto& rec : records.all()) {
      const auto expected = rec.field<std::string>("expected");
      const auto found = rec.has("request_id") ? rec.field<std::string>("request_id") : "none";
      REQUIRE(found == expected);
      REQUIRE((rec.line.find(expected) != std::string::npos));
    }
  }

  capture records{logger_test::as_json()};
};

TEST_CASE_METHOD(requests, "plain threads log without an id, wrapped ones with their starter's",
                 "[DR-02][H1]") {
  const auto bound = request_id.bind("A");
  std::thread([] { log_expecting("none"); }).join();
  std::jthread([] { log_expecting("none"); }).join();
  std::async(std::launch::async, [] { log_expecting("none"); }).get();
  ctxlog::thread([] { log_expecting("A"); }).join();
  ctxlog::jthread([] { log_expecting("A"); }).join();
  ctxlog::async(std::launch::async, [] { log_expecting("A"); }).get();
  check_all(6);
}

TEST_CASE_METHOD(requests, "a thousand requests of four jobs each keep their ids in a pool",
                 "[H1][DR-02][DR-09]") {
  {
    worker_pool plain(8);
    const ctxlog::context_pool pool(plain);
    for (int request = 0; request < 1'000; ++request) {
      const auto id = "r-" + std::to_string(request);
      const auto bound = request_id.bind(id);
      for (int job = 0; job < 4; ++job) pool.post([id] { log_expecting(id); });
    }
  }
  check_all(4'000);
}

TEST_CASE_METHOD(requests, "a thousand requests keep their ids through async", "[H1]") {
  std::vector<std::future<void>> pending;
  for (int request = 0; request < 1'000; ++request) {
    const auto id = "r-" + std::to_string(request);
    const auto bound = request_id.bind(id);
    for (int job = 0; job < 4; ++job)
      pending.push_back(ctxlog::async(std::launch::deferred, [id] { log_expecting(id); }));
  }
  const auto other = request_id.bind("other");
  for (auto& each : pending) each.get();
  check_all(4'000);
}

TEST_CASE_METHOD(requests, "what a job leaves set is not seen by the next job of its worker", "[H2][FA-08]") {
  {
    worker_pool plain(1);
    const ctxlog::context_pool pool(plain);
    pool.post([] { request_id.set("LEAK"); });
    plain.post([] { log_expecting("none"); });
    {
      const auto bound = request_id.bind("A");
      pool.post([] { log_expecting("A"); });
    }
    plain.post([] { log_expecting("none"); });
    pool.submit([] {
          const auto bound = request_id.bind("B");
          request_id.set("LEAK");
          throw std::runtime_error("mid-scope");
        })
        .wait();
    plain.post([] { log_expecting("none"); });
  }
  check_all(4);
}

TEST_CASE_METHOD(requests, "what a child binds is not seen by its parent", "[FA-08]") {
  const auto bound = request_id.bind("parent-value");
  const auto ambient = ctxlog::with_fields(kv("who", "parent"));
  ctxlog::thread([] {
    const auto inner = request_id.bind("child-value");
    const auto fields = ctxlog::with_fields(kv("who", "child"));
    log_expecting("child-value");
  }).join();
  log_expecting("parent-value");
  check_all(2);
  CHECK(records.all()[0].field<std::string>("who") == "child");
  CHECK(records.all()[1].field<std::string>("who") == "parent");
}

using c_callback = void (*)(void*);

// A library in C that calls back from a thread of its own, as often as it is told.
void call_from_foreign_thread(c_callback callback, void* data, int times) {
  std::thread([=] {
    for (int i = 0; i < times; ++i) callback(data);
  }).join();
}

TEST_CASE_METHOD(requests, "a callback logs with the id of who registered it", "[H3][DR-06]") {
  for (int i = 0; i < 100; ++i) {
    const auto id = "r-" + std::to_string(i);
    const auto bound = request_id.bind(id);
    auto job = bind_context([id] { log_expecting(id); });
    call_from_foreign_thread([](void* data) { (*static_cast<decltype(job)*>(data))(); }, &job, 3);
    const std::function<void()> erased = job;
    std::thread(erased).join();
    auto move_only = bind_context_once([id, held = std::make_unique<int>(i)] {
      CHECK(held);
      log_expecting(id);
    });
    std::thread(std::move(move_only)).join();
  }
  check_all(500);
}

TEST_CASE_METHOD(requests, "an unwrapped callback logs with the id of who calls it", "[DR-06]") {
  std::function<void()> callback;
  {
    const auto bound = request_id.bind("registrar");
    callback = [] { log_expecting("caller"); };
  }
  const auto bound = request_id.bind("caller");
  callback();
  check_all(1);
}

TEST_CASE_METHOD(requests, "a callback that is never called holds nothing once it is gone", "[H3]") {
  const auto live_before = ctxlog::detail::live_nodes();
  {
    const auto bound = request_id.bind("never");
    const std::function<void()> callback = bind_context([] { log_expecting("never"); });
  }
  CHECK(ctxlog::detail::live_nodes() == live_before);
  check_all(0);
}

TEST_CASE_METHOD(requests, "the context is captured at registration, by each of four mechanisms", "[H4]") {
  std::vector<std::function<void()>> later;
  std::packaged_task<void()> task;
  std::future<void> deferred;
  {
    const auto bound = request_id.bind("A");
    later.emplace_back(bind_context([] { log_expecting("A"); }));
    later.emplace_back([captured = ctxlog::context::current()] { captured.run([] { log_expecting("A"); }); });
    task = std::packaged_task<void()>(bind_context([] { log_expecting("A"); }));
    deferred = ctxlog::async(std::launch::deferred, [] { log_expecting("A"); });
  }
  const auto bound = request_id.bind("B");
  for (const auto& each : later) each();
  task();
  deferred.get();
  log_expecting("B");
  check_all(5);
}

TEST_CASE_METHOD(requests,
                 "run() gives the value back, restores after an exception and forwards what it is given",
                 "[DR-08][DR-11]") {
  ctxlog::context captured;
  {
    const auto bound = request_id.bind("A");
    captured = ctxlog::context::current();
  }
  const auto bound = request_id.bind("B");
  CHECK(captured.run(
            [](std::unique_ptr<int> number) {
              log_expecting("A");
              return *number + 1;
            },
            std::make_unique<int>(41)) == 42);
  CHECK_THROWS_AS(captured.run([] { throw std::runtime_error("out"); }), std::runtime_error);
  log_expecting("B");
  check_all(2);
}

TEST_CASE_METHOD(requests, "ten thousand jobs of all kinds never log another request's id", "[H2]") {
  std::uint64_t state = 1;
  const auto next = [&] { return state = state * 6364136223846793005U + 1442695040888963407U, state >> 33; };
  std::size_t expected = 0;
  {
    worker_pool plain(4);
    const ctxlog::context_pool pool(plain);
    for (int i = 0; i < 10'000; ++i) {
      const auto id = "r-" + std::to_string(i);
      const auto bound = request_id.bind(id);
      switch (next() % 4) {
        case 0:
          plain.post([] { log_expecting("none"); });
          break;
        case 1:
          pool.post([id] {
            log_expecting(id);
            request_id.set("left behind");
          });
          break;
        case 2:
          pool.post([id] {
            const auto inner = request_id.bind(id + "+");
            log_expecting(id + "+");
          });
          break;
        default:
          pool.post([id, inner = bind_context([id] { log_expecting(id); })] {
            const auto other = request_id.bind("other");
            inner();
          });
      }
      ++expected;
    }
  }
  check_all(expected);
}

}  // namespace
