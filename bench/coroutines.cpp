// What the context costs coroutines: a suspension, a child that completes at once, preserve(), starting a task.
// SPDX-License-Identifier: MIT
#include <benchmark/benchmark.h>

#include <coroutine>
#include <cstdint>
#include <exception>
#include <string>
#include <utility>

#include "allocations.hpp"
#include "ctxlog/task.hpp"

namespace {

constinit ctxlog::context_var<std::string> request_id{"request_id"};

// A lazy coroutine that knows nothing of contexts: what the others are compared with.
class plain_task {
 public:
  struct promise_type {
    plain_task get_return_object() {
      return plain_task(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_always initial_suspend() noexcept { return {}; }
    auto final_suspend() noexcept {
      struct awaiter {
        bool await_ready() noexcept { return false; }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> own) noexcept {
          return own.promise().continuation;
        }
        void await_resume() noexcept {}
      };
      return awaiter{};
    }
    void return_void() noexcept {}
    void unhandled_exception() { std::terminate(); }
    std::coroutine_handle<> continuation = std::noop_coroutine();
  };

  plain_task(plain_task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  plain_task& operator=(plain_task&&) = delete;
  ~plain_task() {
    if (handle_) handle_.destroy();
  }
  auto operator co_await() const noexcept {
    struct awaiter {
      bool await_ready() const noexcept { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiting) const noexcept {
        handle.promise().continuation = waiting;
        return handle;
      }
      void await_resume() const noexcept {}
      std::coroutine_handle<promise_type> handle;
    };
    return awaiter{handle_};
  }
  void start() const { handle_.resume(); }

 private:
  explicit plain_task(std::coroutine_handle<promise_type> handle) noexcept : handle_(handle) {}
  std::coroutine_handle<promise_type> handle_;
};

// Suspends; the benchmark's loop resumes.
struct turnstile {
  auto wait() {
    struct awaiter {
      bool await_ready() const noexcept { return false; }
      void await_suspend(std::coroutine_handle<> waiting) const noexcept { turnstile->waiting = waiting; }
      void await_resume() const noexcept {}
      struct turnstile* turnstile;
    };
    return awaiter{this};
  }
  std::coroutine_handle<> waiting;
};

// Counts what the measured loop allocates, per iteration.
class counting {
 public:
  explicit counting(benchmark::State& state) : state_(state) {}
  ~counting() {
    const auto made = counted::allocations - before_;
    state_.counters["allocations"] =
        benchmark::Counter(static_cast<double>(made), benchmark::Counter::kAvgIterations);
  }

 private:
  benchmark::State& state_;
  std::uint64_t before_ = counted::allocations;
};

void resume_in_turn(benchmark::State& state, turnstile& gate) {
  const counting allocations(state);
  for (auto _ : state) gate.waiting.resume();
}

void suspend_plain(benchmark::State& state) {
  turnstile gate;
  const auto body = [](turnstile& own) -> plain_task {
    for (;;) co_await own.wait();
  }(gate);
  body.start();
  resume_in_turn(state, gate);
}
BENCHMARK(suspend_plain);

void suspend_preserved(benchmark::State& state) {
  const auto bound = request_id.bind("0123456789");
  turnstile gate;
  const auto body = [](turnstile& own) -> plain_task {
    for (;;) co_await ctxlog::preserve(own.wait());
  }(gate);
  body.start();
  resume_in_turn(state, gate);
}
BENCHMARK(suspend_preserved);

void suspend_task(benchmark::State& state) {
  const auto bound = request_id.bind("0123456789");
  turnstile gate;
  const auto body = [](turnstile& own) -> ctxlog::task<> {
    for (;;) co_await own.wait();
  }(gate);
  const auto coroutine = body.startable();
  coroutine.promise().start(std::noop_coroutine());
  coroutine.resume();
  resume_in_turn(state, gate);
}
BENCHMARK(suspend_task);

[[gnu::noinline]] plain_task plain_child() { co_return; }
[[gnu::noinline]] ctxlog::task<> child() { co_return; }

// The coroutine runs the benchmark's loop itself.
void await_child_plain(benchmark::State& state) {
  const auto body = [](benchmark::State& own) -> plain_task {
    for (auto _ : own) co_await plain_child();
  }(state);
  body.start();
}
BENCHMARK(await_child_plain);

void await_child(benchmark::State& state) {
  const auto bound = request_id.bind("0123456789");
  ctxlog::sync_wait([](benchmark::State& own) -> ctxlog::task<> {
    for (auto _ : own) co_await child();
  }(state));
}
BENCHMARK(await_child);

void spawn(benchmark::State& state) {
  const auto bound = request_id.bind("0123456789");
  const counting allocations(state);
  for (auto _ : state) ctxlog::spawn(child());
}
BENCHMARK(spawn);

void run_in_context(benchmark::State& state) {
  const auto bound = request_id.bind("0123456789");
  const auto snapshot = ctxlog::context::current();
  for (auto _ : state) snapshot.run([] { benchmark::ClobberMemory(); });
}
BENCHMARK(run_in_context);

}  // namespace
