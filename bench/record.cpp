// One structured record in each format, synchronously, and a call whose level is off. bench/peers compares.
// SPDX-License-Identifier: MIT
#include <benchmark/benchmark.h>

#include "allocations.hpp"
#include "ctxlog/ctxlog.hpp"
#include "ctxlog/sinks/file.hpp"
#include "workload.hpp"

namespace {

using namespace ctxlog::literals;

constinit ctxlog::context_var<std::string> request_id{"request_id"};
constinit ctxlog::context_var<std::string> trace_id{"trace_id"};
constinit ctxlog::context_var<std::string> user_id{"user_id"};

// Runs `log(order)` for requests of 100 records each, `log` made anew by `enter(request)`.
template <class Enter>
void over_records(benchmark::State& state, Enter enter) {
  bench::workload work;
  enter(work.next_request())(work.next_order());  // what is made once is not counted
  const std::uint64_t before = counted::allocations;
  std::int64_t records = 0;
  while (state.KeepRunningBatch(bench::records_per_request)) {
    auto log = enter(work.next_request());
    for (int i = 0; i < bench::records_per_request; ++i) log(work.next_order());
    records += bench::records_per_request;
  }
  state.SetItemsProcessed(records);
  state.counters["allocations"] =
      benchmark::Counter(static_cast<double>(counted::allocations - before) / static_cast<double>(records),
                         benchmark::Counter::kAvgThreads);
}

class context_of_request {
 public:
  explicit context_of_request(const bench::request& r)
      : request_(request_id.bind(r.request_id)),
        trace_(trace_id.bind(r.trace_id)),
        user_(user_id.bind(r.user_id)) {}

  void operator()(const bench::order& o) const {
    static const ctxlog::logger orders("orders");
    orders.info("order processed: id={} status={}", o.id, o.status, "customer"_kv = o.customer,
                "qty"_kv = o.quantity, "price"_kv = o.price, "gift"_kv = o.gift, "note"_kv = o.note,
                "sku"_kv = o.sku);
  }

 private:
  ctxlog::scope request_, trace_, user_;
};

void use_ctxlog(ctxlog::format format) {
  ctxlog::configure({.mode = ctxlog::mode::prod,
                     .format = format,
                     .patchers = {{ctxlog::context_variables(request_id, trace_id, user_id)}},
                     .sinks = {{{std::make_shared<ctxlog::file_sink>(
                         "/dev/null", ctxlog::fd_options{.buffer_size = 64 * 1024})}}}});
}

void ctxlog_format(benchmark::State& state, ctxlog::format format) {
  use_ctxlog(format);
  over_records(state, [](const bench::request& r) { return context_of_request(r); });
  ctxlog::flush();
}

void level_off(benchmark::State& state) {
  use_ctxlog(ctxlog::format::json);
  ctxlog::set_level(ctxlog::level::info);
  int id = 7;
  benchmark::DoNotOptimize(&id);
  for (auto _ : state) {
    ctxlog::debug("order {} {note}", id, "note"_kv = id);
    benchmark::ClobberMemory();
  }
}

void empty_call(benchmark::State& state) {
  for (auto _ : state) benchmark::ClobberMemory();
}

BENCHMARK_CAPTURE(ctxlog_format, json, ctxlog::format::json);
BENCHMARK_CAPTURE(ctxlog_format, ecs, ctxlog::format::ecs);
BENCHMARK_CAPTURE(ctxlog_format, gcp, ctxlog::format::gcp);
BENCHMARK_CAPTURE(ctxlog_format, datadog, ctxlog::format::datadog);
BENCHMARK_CAPTURE(ctxlog_format, otlp, ctxlog::format::otlp);
BENCHMARK_CAPTURE(ctxlog_format, loguru, ctxlog::format::loguru);
BENCHMARK_CAPTURE(ctxlog_format, logfmt, ctxlog::format::logfmt);
BENCHMARK(empty_call);
BENCHMARK(level_off);

}  // namespace
