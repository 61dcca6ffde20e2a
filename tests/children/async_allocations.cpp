// Counts what the logging thread allocates for records of the async pipeline: two holes, six fields, three of the
// context.
// SPDX-License-Identifier: MIT
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>

#include "ctxlog/ctxlog.hpp"

namespace {

thread_local long allocations = 0;

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

// Replaced for the whole program; the default new[] and delete[] call these. Not inlined, or g++ takes malloc() and
// free() for mismatched.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

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
  const long before = allocations;
  for (int i = 0; i < 1000; ++i) log_order(log, i);
  const long after = allocations;
  ctxlog::flush();
  std::printf("allocations of 1000 records: %ld\nlines: %d\n", after - before, sink->lines.load());
}
