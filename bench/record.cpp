// One structured JSON record, synchronously: ctxlog, the usual spdlog + nlohmann_json, and two limits.
// SPDX-License-Identifier: MIT
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <fmt/compile.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <ctime>
#include <nlohmann/json.hpp>

#include "allocations.hpp"
#include "ctxlog/ctxlog.hpp"
#include "ctxlog/sinks/file.hpp"
#include "workload.hpp"

namespace {

using namespace ctxlog::literals;

constinit ctxlog::context_var<std::string> request_id{"request_id"};
constinit ctxlog::context_var<std::string> trace_id{"trace_id"};
constinit ctxlog::context_var<std::string> user_id{"user_id"};

constexpr const char* null_device = "/dev/null";
constexpr const char* file_path = "/tmp/ctxlog_bench.log";

// Runs `log(order)` for requests of 100 records each, `log` made anew by `enter(request)`.
template <class Enter>
void over_records(benchmark::State& state, Enter enter) {
  bench::workload work;
  enter(work.next_request())(work.next_order());  // what is made once is not counted
  const std::uint64_t before = bench::allocations;
  std::int64_t records = 0;
  while (state.KeepRunningBatch(bench::records_per_request)) {
    auto log = enter(work.next_request());
    for (int i = 0; i < bench::records_per_request; ++i) log(work.next_order());
    records += bench::records_per_request;
  }
  state.SetItemsProcessed(records);
  state.counters["allocations"] =
      benchmark::Counter(static_cast<double>(bench::allocations - before) / static_cast<double>(records),
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

void use_ctxlog(const char* path, std::size_t buffer_size, ctxlog::format format = ctxlog::format::json) {
  ctxlog::configure({.mode = ctxlog::mode::prod,
                     .format = format,
                     .patchers = {{ctxlog::context_variables(request_id, trace_id, user_id)}},
                     .sinks = {{{std::make_shared<ctxlog::file_sink>(
                         path, ctxlog::fd_options{.buffer_size = buffer_size})}}}});
}

void ctxlog_json(benchmark::State& state, const char* path, std::size_t buffer_size) {
  if (state.thread_index() == 0) use_ctxlog(path, buffer_size);
  over_records(state, [](const bench::request& r) { return context_of_request(r); });
  if (state.thread_index() == 0) ctxlog::flush();
}

void ctxlog_format(benchmark::State& state, ctxlog::format format) {
  use_ctxlog(null_device, 64 * 1024, format);
  over_records(state, [](const bench::request& r) { return context_of_request(r); });
  ctxlog::flush();
}

void spdlog_nlohmann(benchmark::State& state, const char* path) {
  static std::shared_ptr<spdlog::logger> log;
  if (state.thread_index() == 0) {
    log = std::make_shared<spdlog::logger>("orders",
                                           std::make_shared<spdlog::sinks::basic_file_sink_mt>(path, true));
    log->set_pattern(
        R"({"time":"%Y-%m-%dT%H:%M:%S.%f%z","level":"%l","logger":"%n","thread":%t,"source":"%s:%#","data":%v})");
  }
  over_records(state, [](const bench::request& r) {
    return [context = nlohmann::json{{"request_id", r.request_id},
                                     {"trace_id", r.trace_id},
                                     {"user_id", r.user_id}}](const bench::order& o) {
      nlohmann::json record = context;
      record["message"] = fmt::format("order processed: id={} status={}", o.id, o.status);
      record["customer"] = o.customer;
      record["qty"] = o.quantity;
      record["price"] = o.price;
      record["gift"] = o.gift;
      record["note"] = o.note;
      record["sku"] = o.sku;
      SPDLOG_LOGGER_INFO(log, "{}", record.dump());
    };
  });
  if (state.thread_index() == 0) log->flush();
}

// A descriptor with a buffer of 64 KiB and nothing else.
class plain_file {
 public:
  explicit plain_file(const char* path)
      : descriptor_(::open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) {}
  ~plain_file() {
    flush();
    ::close(descriptor_);
  }
  void put(const char* bytes, std::size_t size) {
    if (used_ + size > sizeof buffer_) flush();
    std::memcpy(buffer_ + used_, bytes, size);
    used_ += size;
  }

 private:
  void flush() {
    if (::write(descriptor_, buffer_, used_) < 0) std::abort();
    used_ = 0;
  }
  int descriptor_;
  std::size_t used_ = 0;
  char buffer_[64 * 1024];
};

std::string rfc3339_now() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  std::tm utc{};
  ::gmtime_r(&now.tv_sec, &utc);
  char text[40];
  const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
  return fmt::format("{}.{:06}Z", std::string_view(text, size), now.tv_nsec / 1000);
}

#define CTXLOG_BENCH_LINE                                                                           \
  "{{\"time\":\"{}\",\"level\":\"info\",\"logger\":\"orders\",\"file\":\"record.cpp\",\"line\":{}," \
  "\"thread\":{},"                                                                                  \
  "\"message\":\"order processed: id={} "                                                           \
  "status={}\",\"customer\":\"{}\",\"qty\":{},\"price\":{},\"gift\":{},"                            \
  "\"note\":\"{}\",\"sku\":{},\"request_id\":\"{}\",\"trace_id\":\"{}\",\"user_id\":\"{}\"}}\n"

// The time a clock call and a copy of bytes made beforehand take.
void limit_memcpy(benchmark::State& state, const char* path) {
  plain_file out(path);
  bench::workload work;
  const auto& o = work.next_order();
  const auto& r = work.next_request();
  const std::string line =
      fmt::format(CTXLOG_BENCH_LINE, rfc3339_now(), 1, 4711, o.id, o.status, o.customer, o.quantity, o.price,
                  o.gift, o.note, o.sku, r.request_id, r.trace_id, r.user_id);
  for (auto _ : state) {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    benchmark::DoNotOptimize(now);
    out.put(line.data(), line.size());
  }
}

// One compiled fmt format of the whole line: no escaping, the time cached, nothing general.
void limit_format(benchmark::State& state, const char* path) {
  plain_file out(path);
  const std::string time = rfc3339_now();
  over_records(state, [&](const bench::request& r) {
    return [&](const bench::order& o) {
      timespec now{};
      ::clock_gettime(CLOCK_REALTIME, &now);
      benchmark::DoNotOptimize(now);
      char line[1024];
      const char* end =
          fmt::format_to(line, FMT_COMPILE(CTXLOG_BENCH_LINE), time, 1, 4711, o.id, o.status, o.customer,
                         o.quantity, o.price, o.gift, o.note, o.sku, r.request_id, r.trace_id, r.user_id);
      out.put(line, static_cast<std::size_t>(end - line));
    };
  });
}

void level_off(benchmark::State& state) {
  use_ctxlog(null_device, 0);
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

constexpr std::size_t buffered = 64 * 1024;
BENCHMARK_CAPTURE(limit_memcpy, null, null_device);
BENCHMARK_CAPTURE(limit_format, null, null_device);
BENCHMARK_CAPTURE(ctxlog_json, null, null_device, buffered);
BENCHMARK_CAPTURE(ctxlog_json, null, null_device, buffered)->Threads(2);
BENCHMARK_CAPTURE(ctxlog_json, null_write_per_record, null_device, 0);
BENCHMARK_CAPTURE(ctxlog_format, ecs, ctxlog::format::ecs);
BENCHMARK_CAPTURE(ctxlog_format, gcp, ctxlog::format::gcp);
BENCHMARK_CAPTURE(ctxlog_format, datadog, ctxlog::format::datadog);
BENCHMARK_CAPTURE(ctxlog_format, otlp, ctxlog::format::otlp);
BENCHMARK_CAPTURE(ctxlog_format, loguru, ctxlog::format::loguru);
BENCHMARK_CAPTURE(ctxlog_format, logfmt, ctxlog::format::logfmt);
BENCHMARK_CAPTURE(spdlog_nlohmann, null, null_device);
BENCHMARK_CAPTURE(spdlog_nlohmann, null, null_device)->Threads(2);
BENCHMARK_CAPTURE(limit_memcpy, file, file_path);
BENCHMARK_CAPTURE(limit_format, file, file_path);
BENCHMARK_CAPTURE(ctxlog_json, file, file_path, buffered);
BENCHMARK_CAPTURE(ctxlog_json, file_write_per_record, file_path, 0);
BENCHMARK_CAPTURE(spdlog_nlohmann, file, file_path);
BENCHMARK(empty_call);
BENCHMARK(level_off);

}  // namespace
