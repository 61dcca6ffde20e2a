// Counts the allocations of records in the format of the environment: message with two holes, six fields, two whose
// keys some schemas change, three of the context; and of records made while these are under way.
// SPDX-License-Identifier: MIT
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
  int lines = 0;
};

void log_order(const ctxlog::logger& log, std::int64_t id) {
  using namespace ctxlog::literals;
  using ctxlog::kv;
  const std::string_view status = id % 2 == 0 ? "shipped" : "packed";
  log.info("order processed: id={} status={}", id, status, "customer"_kv = "customer-0123",
           "amount"_kv = 99.95, kv("items", std::uint64_t{3}), kv("express", true),
           kv("note", "says \"hi\"\nthen – leaves"), kv("checksum", std::uint64_t{18446744073709551615U}),
           kv("http.status", 200), kv("two words", 2));
}

}  // namespace

int main() {
  const auto sink = std::make_shared<counting_sink>();
  ctxlog::configure({.patchers = {{ctxlog::context_variables(request_id, trace_id, user_id),
                                   [](ctxlog::record&) { ctxlog::info("patching"); }}},
                     .sinks = {{ctxlog::configured_sink{sink}}}});
  const ctxlog::logger log("orders");
  const auto request = request_id.bind("123e4567-e89b-12d3-a456-426614174000");
  const auto trace = trace_id.bind("4bf92f3577b34da6a3ce929d0e0e4736");
  const auto user = user_id.bind("user-042");
  for (int i = 0; i < 100; ++i) log_order(log, i);
  const std::uint64_t before = counted::allocations;
  for (int i = 0; i < 1000; ++i) log_order(log, i);
  std::printf("allocations of 2000 records: %" PRIu64 "\nlines: %d\n", counted::allocations - before,
              sink->lines);
}
