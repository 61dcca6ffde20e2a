// The context on threads, pools, queues and callbacks, and on those that were not given it.
// SPDX-License-Identifier: MIT
#include <atomic>
#include <catch2/matchers/catch_matchers.hpp>
#include <csignal>
#include <functional>
#include <future>
#include <latch>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "context.hpp"
#include "ctxlog/propagate.hpp"

namespace {

using context_test::clean_context;
using context_test::worker_pool;
using ctxlog::context;
using ctxlog::context_var;

constinit context_var<std::string> request_id{"request_id"};
constinit context_var<int> step{"step", 0};

std::string read_id() { return request_id.get_or("none"); }

// ---- threads ----

TEST_CASE_METHOD(clean_context, "plain threads start with an empty context", "[ctx-17][DR-02][DR-10][H1]") {
  const auto bound = request_id.bind("A");
  std::string seen_by_thread, seen_by_jthread;
  std::thread([&] { seen_by_thread = read_id(); }).join();
  std::jthread([&] { seen_by_jthread = read_id(); }).join();
  CHECK(seen_by_thread == "none");
  CHECK(seen_by_jthread == "none");
  CHECK(std::async(std::launch::async, read_id).get() == "none");
}

TEST_CASE_METHOD(clean_context, "a thread runs in its starter's context and takes move-only things",
                 "[ctx-13][ctx-14]") {
  const auto bound = request_id.bind("A");
  std::string seen;
  int filled = 0;
  auto job = [&seen, suffix = std::make_unique<std::string>("!")](std::unique_ptr<int> number,
                                                                  int& reference) {
    seen = read_id() + *suffix + std::to_string(*number);
    reference = 5;
    request_id.set("left on the thread");
  };
  ctxlog::thread(std::move(job), std::make_unique<int>(7), std::ref(filled)).join();
  CHECK(filled == 5);
  CHECK(seen == "A!7");
  CHECK(read_id() == "A");
}

TEST_CASE_METHOD(clean_context, "a jthread passes its stop token if the callable wants one", "[ctx-13]") {
  const auto bound = request_id.bind("A");
  std::string seen;
  std::atomic<bool> stopped = false;
  {
    const auto waits = ctxlog::jthread(
        [&](const std::stop_token& stop, int number) {
          const std::stop_callback on_stop(stop, [&] {
            stopped = true;
            stopped.notify_all();
          });
          stopped.wait(false);
          seen = read_id() + std::to_string(number);
        },
        3);
  }
  CHECK(seen == "A3");
  ctxlog::jthread([&](int number) { seen = read_id() + std::to_string(number); }, 4).join();
  CHECK(seen == "A4");
}

TEST_CASE_METHOD(clean_context, "async work runs in its caller's context", "[ctx-13][FA-05]") {
  const auto bound = request_id.bind("A");
  CHECK(ctxlog::async(read_id).get() == "A");
  CHECK(ctxlog::async(std::launch::async, read_id).get() == "A");
  auto process = [](const std::string& item, int attempt) {
    return item + ":" + std::to_string(attempt) + ":" + read_id();
  };
  CHECK(ctxlog::async(std::launch::async, process, "item-123", 1).get() == "item-123:1:A");
  auto failing = ctxlog::async(std::launch::async, []() -> int { throw std::runtime_error(read_id()); });
  CHECK_THROWS_WITH(failing.get(), "A");
}

TEST_CASE_METHOD(clean_context, "deferred work runs in the context it was made in, on whatever thread",
                 "[ctx-13][H4]") {
  std::future<std::string> deferred;
  {
    const auto bound = request_id.bind("A");
    deferred = ctxlog::async(std::launch::deferred, read_id);
  }
  std::string seen;
  std::thread([&] {
    const auto bound = request_id.bind("B");
    seen = deferred.get();
    CHECK(read_id() == "B");
  }).join();
  CHECK(seen == "A");
}

TEST_CASE_METHOD(clean_context, "work bound early and run late keeps the early context", "[H4]") {
  std::function<std::string()> bound_function;
  std::packaged_task<std::string()> task;
  {
    const auto bound = request_id.bind("A");
    bound_function = ctxlog::bind_context(read_id);
    task = std::packaged_task<std::string()>(ctxlog::bind_context_once(read_id));
  }
  const auto bound = request_id.bind("B");
  CHECK(bound_function() == "A");
  auto result = task.get_future();
  task();
  CHECK(result.get() == "A");
  CHECK(read_id() == "B");
}

// ---- pools and queues ----

TEST_CASE_METHOD(clean_context, "a pool gives wrapped jobs their submitter's context and plain jobs none",
                 "[ctx-15][DR-02][H1]") {
  std::atomic<int> wrapped_right = 0, plain_empty = 0;
  {
    worker_pool pool(8);
    ctxlog::context_pool wrapped(pool);
    for (int request = 0; request != 1000; ++request) {
      const auto bound = request_id.bind(std::to_string(request));
      for (int job = 0; job != 4; ++job) {
        wrapped.post([&, want = std::to_string(request)] { wrapped_right += read_id() == want; });
      }
      pool.post([&] { plain_empty += read_id() == "none"; });
    }
  }
  CHECK(wrapped_right == 4000);
  CHECK(plain_empty == 1000);
}

TEST_CASE_METHOD(clean_context, "async work of a thousand requests is never mixed up", "[H1]") {
  int right = 0;
  for (int request = 0; request != 1000; ++request) {
    const auto bound = request_id.bind(std::to_string(request));
    std::vector<std::future<std::string>> jobs;
    for (int job = 0; job != 4; ++job) jobs.push_back(ctxlog::async(std::launch::async, read_id));
    for (auto& job : jobs) right += job.get() == std::to_string(request);
  }
  CHECK(right == 4000);
}

TEST_CASE_METHOD(clean_context, "a job has the context of its submission, not of its start", "[DR-09]") {
  std::string first, second;
  {
    worker_pool pool(1);
    ctxlog::context_pool wrapped(pool);
    std::latch open(1);
    pool.post([&] { open.wait(); });
    std::future<std::string> job;
    {
      const auto bound = request_id.bind("A");
      job = wrapped.submit([] {
        auto seen = read_id();
        request_id.set("changed by the first job");
        return seen;
      });
    }
    const auto bound = request_id.bind("B");
    auto next =
        wrapped.submit([](const std::string& prefix) { return prefix + read_id(); }, std::string("saw "));
    open.count_down();
    first = job.get();
    second = next.get();
    CHECK(read_id() == "B");
  }
  CHECK(first == "A");
  CHECK(second == "saw B");
}

TEST_CASE_METHOD(clean_context, "what a wrapped job leaves set does not stay on the worker", "[ctx-15][H2]") {
  std::atomic<int> dirty = 0;
  {
    worker_pool pool(1);
    ctxlog::context_pool wrapped(pool);
    for (int i = 0; i != 100; ++i) {
      wrapped.post([] { request_id.set("LEAK"); });
      pool.post([&] { dirty += read_id() != "none"; });
    }
  }
  CHECK(dirty == 0);
}

TEST_CASE_METHOD(clean_context, "ten thousand random jobs see nothing foreign", "[H2]") {
  std::atomic<int> foreign = 0;
  {
    worker_pool pool(4);
    ctxlog::context_pool wrapped(pool);
    std::mt19937 random(20260128);
    for (int i = 0; i != 10'000; ++i) {
      const std::string own = std::to_string(i);
      const auto bound = request_id.bind(own);
      switch (random() % 4) {
        case 0:
          pool.post([&] { foreign += read_id() != "none"; });
          break;
        case 1:
          wrapped.post([&, own] {
            foreign += read_id() != own;
            request_id.set("left by " + own);
          });
          break;
        case 2:
          wrapped.submit([&, own] {
            const auto scope = step.bind(1);
            request_id.set("thrown by " + own);
            throw std::runtime_error(own);
          });
          break;
        default:
          wrapped.post([&, own] {
            const auto nested = request_id.bind("nested " + own);
            foreign += read_id() != "nested " + own;
          });
      }
    }
  }
  CHECK(foreign == 0);
}

TEST_CASE_METHOD(clean_context, "a queue of functions carries the context of each producer", "[ctx-16]") {
  std::deque<std::function<std::string()>> queue;
  for (int i = 0; i != 10; ++i) {
    const auto bound = request_id.bind(std::to_string(i));
    queue.emplace_back(ctxlog::bind_context(read_id));
  }
  std::string seen;
  std::thread([&] {
    for (auto& job : queue) seen += job();
    seen += read_id();
  }).join();
  CHECK(seen == "0123456789none");
}

struct every_verb {
  template <class F>
  static std::string run(F f, const char* verb) {
    return verb + (":" + f());
  }
  auto submit(auto f) { return run(std::move(f), "submit"); }
  auto submit_task(auto f) { return run(std::move(f), "submit_task"); }
  auto detach_task(auto f) { return run(std::move(f), "detach_task"); }
  auto post(auto f) { return run(std::move(f), "post"); }
  auto execute(auto f) { return run(std::move(f), "execute"); }
  auto enqueue(auto f) { return run(std::move(f), "enqueue"); }
  auto add(auto f) { return run(std::move(f), "add"); }
  auto schedule(auto f) { return run(std::move(f), "schedule"); }
  auto push_task(auto f) { return run(std::move(f), "push_task"); }
  auto queueInLoop(auto f) { return run(std::move(f), "queueInLoop"); }
  auto runInLoop(auto f) { return run(std::move(f), "runInLoop"); }
};

TEST_CASE_METHOD(clean_context, "every verb of a pool is forwarded under its own name", "[DR-09]") {
  every_verb executor;
  const ctxlog::context_pool wrapped(executor);
  const auto bound = request_id.bind("A");
  const auto job = [] {
    auto seen = read_id();
    request_id.set("left behind");
    return seen;
  };
  CHECK(wrapped.submit(job) == "submit:A");
  CHECK(wrapped.submit_task(job) == "submit_task:A");
  CHECK(wrapped.detach_task(job) == "detach_task:A");
  CHECK(wrapped.post(job) == "post:A");
  CHECK(wrapped.execute(job) == "execute:A");
  CHECK(wrapped.enqueue(job) == "enqueue:A");
  CHECK(wrapped.add(job) == "add:A");
  CHECK(wrapped.schedule(job) == "schedule:A");
  CHECK(wrapped.push_task(job) == "push_task:A");
  CHECK(wrapped.queueInLoop(job) == "queueInLoop:A");
  CHECK(wrapped.runInLoop(job) == "runInLoop:A");
  CHECK(read_id() == "A");
}

template <class Pool>
concept can_enqueue = requires(Pool pool) {
  pool.enqueue(read_id);
};
static_assert(can_enqueue<ctxlog::context_pool<every_verb>>);
static_assert(!can_enqueue<ctxlog::context_pool<worker_pool>>);

// ---- callbacks ----

// A C library with a thread of its own: it calls back through a function pointer and an untyped argument.
extern "C" {
struct c_callback {
  void (*function)(void*);
  void* argument;
};
}

void fire(std::vector<c_callback>& callbacks, std::size_t first, std::size_t stride) {
  for (std::size_t i = first; i < callbacks.size(); i += stride) callbacks[i].function(callbacks[i].argument);
}

void fire_from_three_threads(std::vector<c_callback>& callbacks) {
  std::vector<std::jthread> library;
  for (std::size_t thread = 0; thread != 3; ++thread)
    library.emplace_back([&, thread] { fire(callbacks, thread, 3); });
}

TEST_CASE_METHOD(clean_context,
                 "callbacks of a C library run in their registrar's context, fired once or often",
                 "[DR-06][H3]") {
  std::atomic<int> right = 0, plain_empty = 0;
  const auto make = [&](const std::string& want) {
    return ctxlog::bind_context([&right, want] { right += read_id() == want; });
  };
  using registered = decltype(make(""));
  std::vector<std::unique_ptr<registered>> kept;
  std::vector<c_callback> callbacks;
  for (int i = 0; i != 1000; ++i) {
    const auto bound = request_id.bind(std::to_string(i));
    kept.push_back(std::make_unique<registered>(make(std::to_string(i))));
    callbacks.push_back({[](void* self) { (*static_cast<registered*>(self))(); }, kept.back().get()});
  }
  fire_from_three_threads(callbacks);
  CHECK(right == 1000);
  for (int repeat = 0; repeat != 5; ++repeat) fire_from_three_threads(callbacks);
  CHECK(right == 6000);

  std::vector<c_callback> plain(
      30, {[](void* count) { *static_cast<std::atomic<int>*>(count) += read_id() == "none"; }, &plain_empty});
  fire_from_three_threads(plain);
  CHECK(plain_empty == 30);
}

TEST_CASE_METHOD(clean_context, "move-only callbacks that fire once give their context up at once", "[H3]") {
  std::atomic<int> right = 0;
  const auto make = [&](std::unique_ptr<std::string> want) {
    return ctxlog::bind_context_once([&right, want = std::move(want)] { right += read_id() == *want; });
  };
  using registered = decltype(make(nullptr));
  std::vector<std::unique_ptr<registered>> kept;
  std::vector<c_callback> callbacks;
  for (int i = 0; i != 300; ++i) {
    const auto bound = request_id.bind(std::to_string(i));
    kept.push_back(std::make_unique<registered>(make(std::make_unique<std::string>(std::to_string(i)))));
    callbacks.push_back({[](void* self) { (*static_cast<registered*>(self))(); }, kept.back().get()});
  }
  CHECK(ctxlog::detail::live_nodes() == 300);
  fire_from_three_threads(callbacks);
  CHECK(right == 300);
  CHECK(ctxlog::detail::live_nodes() == 0);
}

TEST_CASE_METHOD(clean_context, "a callback that never fires keeps its context only as long as it lives",
                 "[H3]") {
  std::function<void()> never;
  {
    const auto bound = request_id.bind("A");
    never = ctxlog::bind_context([] { FAIL("fired"); });
  }
  CHECK(ctxlog::detail::live_nodes() == 1);
  never = nullptr;
  CHECK(ctxlog::detail::live_nodes() == 0);
}

// ---- ends of threads, signals ----

struct reads_in_destructor {
  std::string* seen = nullptr;
  ~reads_in_destructor() {
    if (seen) *seen = read_id();
  }
};

TEST_CASE_METHOD(clean_context, "thread_local destructors may read and bind", "[ctx-20]") {
  std::string built_before, built_after;
  std::thread([&] {
    thread_local reads_in_destructor before;
    before.seen = &built_before;
    request_id.set("left on the thread");
    thread_local reads_in_destructor after;
    after.seen = &built_after;
  }).join();
  CHECK(built_before == "none");
  CHECK(built_after == "left on the thread");
}

TEST_CASE_METHOD(clean_context, "a thread_local destructor may bind after the thread's context was cleared",
                 "[ctx-20]") {
  struct binds {
    std::string* seen = nullptr;
    ~binds() {
      const auto bound = request_id.bind("late");
      *seen = read_id();
    }
  };
  std::string seen;
  std::thread([&] {
    thread_local binds late;
    late.seen = &seen;
    request_id.set("left on the thread");
  }).join();
  CHECK(seen == "late");
}

TEST_CASE_METHOD(clean_context, "pthread_exit ends scopes and runs", "[ctx-18]") {
  pthread_t thread{};
  const auto body = [](void*) -> void* {
    const auto bound = request_id.bind("A");
    context::current().run([] {
      const auto inner = request_id.bind("B");
      pthread_exit(nullptr);
    });
    return nullptr;
  };
  REQUIRE(pthread_create(&thread, nullptr, body, nullptr) == 0);
  CHECK(pthread_join(thread, nullptr) == 0);
}

volatile std::sig_atomic_t step_in_handler = 0;

TEST_CASE_METHOD(clean_context, "a signal handler reads the context of the thread it interrupts",
                 "[ctx-23]") {
  struct sigaction action {
  }, previous{};
  action.sa_handler = [](int) { step_in_handler = *step.find(); };
  REQUIRE(sigaction(SIGUSR1, &action, &previous) == 0);
  std::thread([] { raise(SIGUSR1); }).join();
  CHECK(step_in_handler == 0);
  const auto bound = step.bind(9);
  raise(SIGUSR1);
  CHECK(step_in_handler == 9);
  sigaction(SIGUSR1, &previous, nullptr);
}

// ---- races ----

TEST_CASE_METHOD(clean_context, "eight threads share, derive from and drop one snapshot", "[ctx-24]") {
  const auto bound = request_id.bind("shared");
  const context shared = context::current();
  std::atomic<int> wrong = 0;
  {
    std::vector<std::jthread> threads;
    for (int number = 0; number != 8; ++number) {
      threads.emplace_back([&, number] {
        for (int i = 0; i != 100'000; ++i) {
          shared.run([&] {
            const auto own = step.bind(number);
            const context captured = context::current();
            if (i % 16 == 0) request_id.set("mine");
            wrong += *step.find(captured) != number || *request_id.find(captured) != "shared";
          });
        }
      });
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE_METHOD(clean_context, "threads end scopes of one history at the same time", "[ctx-24]") {
  constexpr int rounds = 2'000;
  for (int round = 0; round != rounds; ++round) {
    auto first = std::unique_ptr<ctxlog::scope>(new ctxlog::scope(request_id.bind("first")));
    auto second = std::unique_ptr<ctxlog::scope>(new ctxlog::scope(step.bind(1)));
    const auto derive_much = ctxlog::bind_context([] {
      for (int i = 0; i != 20; ++i) step.set(i);
      return request_id.get();
    });
    auto elsewhere = std::async(std::launch::async, derive_much);
    first.reset();
    second.reset();
    if (elsewhere.get() != "first") FAIL("the other thread lost its value");
  }
}

}  // namespace
