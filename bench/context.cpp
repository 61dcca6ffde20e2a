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

#if __has_include(<opentelemetry/context/runtime_context.h>)
#include <opentelemetry/context/runtime_context.h>
#define CTXLOG_BENCH_OPENTELEMETRY
#endif

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

#ifdef CTXLOG_BENCH_OPENTELEMETRY
namespace otel = opentelemetry::context;

// The same by opentelemetry-cpp's thread-local stack of contexts, whose values are found by name.
class attached_values {
 public:
  explicit attached_values(std::size_t count) {
    auto context = otel::RuntimeContext::GetCurrent();
    for (std::size_t i = 0; i < count; ++i)
      context = context.SetValue("variable" + std::to_string(i), std::int64_t{1});
    token_ = otel::RuntimeContext::Attach(context);
  }

 private:
  opentelemetry::nostd::unique_ptr<otel::Token> token_;
};

void opentelemetry_get(benchmark::State& state) {
  const attached_values attached(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(otel::RuntimeContext::GetCurrent().GetValue("variable0"));
}
BENCHMARK(opentelemetry_get)->Arg(1)->Arg(8)->Arg(32);

void opentelemetry_capture(benchmark::State& state) {
  const attached_values attached(1);
  for (auto _ : state) benchmark::DoNotOptimize(otel::RuntimeContext::GetCurrent());
}
BENCHMARK(opentelemetry_capture);

void opentelemetry_set_and_reset(benchmark::State& state) {
  const attached_values attached(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    const auto token = otel::RuntimeContext::Attach(
        otel::RuntimeContext::GetCurrent().SetValue("variable0", std::int64_t{2}));
    benchmark::DoNotOptimize(token.get());
  }
}
BENCHMARK(opentelemetry_set_and_reset)->Arg(1)->Arg(8)->Arg(32);

void opentelemetry_run(benchmark::State& state) {
  const auto context = otel::RuntimeContext::GetCurrent().SetValue("variable", std::int64_t{1});
  for (auto _ : state) {
    const auto token = otel::RuntimeContext::Attach(context);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(opentelemetry_run);
#else
void opentelemetry(benchmark::State& state) {
  state.SkipWithError("opentelemetry-cpp's headers are not there (Debian has no package of them)");
}
BENCHMARK(opentelemetry);
#endif

}  // namespace
