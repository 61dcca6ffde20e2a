// What the context costs: reading a variable, taking a snapshot, binding, running.
// SPDX-License-Identifier: MIT
#include <benchmark/benchmark.h>

#include <array>
#include <atomic>
#include <deque>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "ctxlog/context.hpp"
#include "ctxlog/propagate.hpp"

namespace {

constexpr std::size_t most_variables = 32;

template <std::size_t... I>
constexpr std::array<ctxlog::context_var<std::string>, sizeof...(I)> variables_of(std::index_sequence<I...>) {
  return {((void)I, ctxlog::context_var<std::string>("variable"))...};
}
constinit auto variables = variables_of(std::make_index_sequence<most_variables>());

// The context with the first `count` variables bound, for the life of the object.
class bound_variables {
 public:
  explicit bound_variables(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) (void)variables[i].set("value");
  }

 private:
  ctxlog::context_guard guard_{ctxlog::context::empty()};
};

void get(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  const bound_variables bound(count);
  for (auto _ : state) benchmark::DoNotOptimize(variables[count - 1].find());
}
BENCHMARK(get)->Arg(1)->Arg(8)->Arg(32);

void get_while_another_thread_captures(benchmark::State& state) {
  const bound_variables bound(1);
  std::atomic<bool> stop{false};
  std::thread other([&, shared = ctxlog::context::current()] {
    while (!stop.load(std::memory_order_relaxed)) benchmark::DoNotOptimize(ctxlog::context(shared));
  });
  for (auto _ : state) benchmark::DoNotOptimize(variables[0].find());
  stop = true;
  other.join();
}
BENCHMARK(get_while_another_thread_captures);

void capture(benchmark::State& state) {
  const bound_variables bound(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    const auto snapshot = ctxlog::context::current();
    benchmark::DoNotOptimize(snapshot.node());
  }
}
BENCHMARK(capture)->Arg(1)->Arg(32);

void set_and_reset(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  const bound_variables bound(count);
  const std::string value = "0123456789";
  for (auto _ : state) {
    const auto scope = variables[count - 1].bind(value);
    benchmark::DoNotOptimize(&scope);
  }
}
BENCHMARK(set_and_reset)->Arg(1)->Arg(8)->Arg(32);

void run(benchmark::State& state) {
  const bound_variables bound(1);
  const auto snapshot = ctxlog::context::current();
  for (auto _ : state) snapshot.run([] { benchmark::ClobberMemory(); });
}
BENCHMARK(run);

void bind_once_and_call(benchmark::State& state) {
  const bound_variables bound(1);
  for (auto _ : state) ctxlog::bind_context_once([] { benchmark::ClobberMemory(); })();
}
BENCHMARK(bind_once_and_call);

}  // namespace
