// Counts what the logging thread allocates for records of the async pipeline: two holes, six fields, three of the
// context.
// SPDX-License-Identifier: MIT
#include <atomic>
#include <cinttypes>
#include <cstdio>
#include <string>

#include "allocations.hpp"
#include "ctxlog/ctxlog.hpp"

namespace {

constinit ctxlog::context_var<std::string> request_id{"request_id"}, trace_id{"trace_id"}, user_id{"user_id"};

struct counting_sink final : ctxlog::sink {
  std::error_code write(const ctxlog::record&, std::string_view) override {
    ++lines;
    return {};
  }
  std::string_view name() const noexcept override { return "counting"; }
  std::atomic<int> lines{0};
};

void log_order(const ctxlog::logger& log, std::int64_t id) {
  using namespace ctxlog::literals;
  using ctxlog::kv;
  const std::string_view status = id % 2 == 0 ? "shipped" : "packed";
  log.info("order processed: id={} status={}", id, status, "customer"_kv = "customer-0123",
           "amount"_kv = 99.95, kv("items", std::uint64_t{3}), kv("express", true),
           kv("note", "says \"hi\"\nthen – leaves"), kv("checksum", std::uint64_t{18446744073709551615U}));
}

}  // namespace

int main() {
  const auto sink = std::make_shared<counting_sink>();
  ctxlog::configure({.patchers = {{ctxlog::context_variables(request_id, trace_id, user_id)}},
                     .pipeline = ctxlog::async_pipeline(),
                     .sinks = {{ctxlog::configured_sink{sink}}}});
  const ctxlog::logger log = ctxlog::logger("orders").bind(ctxlog::kv("shop", "s-1"));
  const auto request = request_id.bind("123e4567-e89b-12d3-a456-426614174000");
  const auto trace = trace_id.bind("4bf92f3577b34da6a3ce929d0e0e4736");
  const auto user = user_id.bind("user-042");
  for (int i = 0; i < 100; ++i) log_order(log, i);
  const std::uint64_t before = counted::allocations;
  for (int i = 0; i < 1000; ++i) log_order(log, i);
  const std::uint64_t after = counted::allocations;
  ctxlog::flush();
  std::printf("allocations of 1000 records: %" PRIu64 "\nlines: %d\n", after - before, sink->lines.load());
}
