// One HTTP exchange without a server: begin, two lines inside, finish with its access record; allocations counted.
// SPDX-License-Identifier: MIT
#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <string_view>

#include "allocations.hpp"
#include "ctxlog/ctxlog.hpp"
#include "ctxlog/http/exchange.hpp"
#include "ctxlog/http/propagation.hpp"
#include "ctxlog/sinks/file.hpp"

namespace {

constexpr std::string_view known_id = "3c1cb70a-0608-46aa-ade1-302cde604549",
                           known_trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

constexpr auto find_inbound = [](std::string_view name, ctxlog::http::header_lines& lines) {
  if (name == "X-Request-ID") lines.push_back(known_id);
  if (name == "traceparent") lines.push_back(known_trace);
  if (name == "User-Agent") lines.push_back("wrk/4.1.0");
  if (name == "Host") lines.push_back("127.0.0.1:8080");
};
constexpr auto find_plain = [](std::string_view name, ctxlog::http::header_lines& lines) {
  if (name == "User-Agent") lines.push_back("wrk/4.1.0");
  if (name == "Host") lines.push_back("127.0.0.1:8080");
};

template <class Find>
std::shared_ptr<ctxlog::http::exchange> begin(const Find& find,
                                              const std::shared_ptr<const ctxlog::http::options>& chosen) {
  return ctxlog::http::exchange::begin({.method = "GET",
                                        .path = "/hello",
                                        .protocol_version = "1.1",
                                        .peer_address = "127.0.0.1",
                                        .peer_port = 40000,
                                        .headers = find},
                                       chosen);
}

void to_dev_null() {
  ctxlog::configure(
      {.mode = ctxlog::mode::prod, .sinks = {{{std::make_shared<ctxlog::file_sink>("/dev/null")}}}});
}

template <auto Find>
void exchange(benchmark::State& state) {
  to_dev_null();
  const auto chosen = std::make_shared<const ctxlog::http::options>();
  const std::uint64_t before = counted::allocations;
  for (auto _ : state) {
    const auto made = begin(Find, chosen);
    {
      const auto inside = made->enter();
      benchmark::DoNotOptimize(made);
    }
    made->finish({.status = 200, .body_size = 6});
  }
  state.counters["allocations"] = benchmark::Counter(static_cast<double>(counted::allocations - before) /
                                                     static_cast<double>(state.iterations()));
}
BENCHMARK(exchange<find_inbound>)->Name("exchange, ids inbound");
BENCHMARK(exchange<find_plain>)->Name("exchange, ids made");

void begin_only(benchmark::State& state) {
  ctxlog::configure({.mode = ctxlog::mode::prod, .levels = "info,http.access=off"});
  const auto chosen = std::make_shared<const ctxlog::http::options>();
  for (auto _ : state) {
    const auto made = begin(find_plain, chosen);
    made->finish({.status = 200, .body_size = 6});
  }
}
BENCHMARK(begin_only)->Name("exchange without its record");

void propagation(benchmark::State& state) {
  const auto chosen = std::make_shared<const ctxlog::http::options>();
  const auto made = begin(find_inbound, chosen);
  const auto inside = made->enter();
  for (auto _ : state) benchmark::DoNotOptimize(ctxlog::http::propagation_headers("inventory.internal"));
}
BENCHMARK(propagation)->Name("propagation_headers()");

}  // namespace
