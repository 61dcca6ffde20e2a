// Lets every n-th allocation and all after it fail while records are made; ends well when no call threw and every record
// is in the account.
// SPDX-License-Identifier: MIT
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include "ctxlog/ctxlog.hpp"

namespace {

constinit ctxlog::context_var<int> shard{"shard"}, tenant{"tenant"};

long allowed = -1;  // allocations until they fail; negative: no limit
bool refuse() { return allowed == 0 || (allowed > 0 && --allowed == 0); }

struct counting_sink final : ctxlog::sink {
  std::error_code write(const ctxlog::record&, std::string_view) override {
    ++lines;
    return {};
  }
  std::string_view name() const noexcept override { return "counting"; }
  unsigned long lines = 0;
};

}  // namespace

void* operator new(std::size_t size) {
  void* const memory = refuse() ? nullptr : std::malloc(size);
  if (!memory) throw std::bad_alloc();
  return memory;
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return refuse() ? nullptr : std::malloc(size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }

int main() {
  using ctxlog::kv;
  const auto sink = std::make_shared<counting_sink>();
  ctxlog::configure({.patchers = {{ctxlog::context_variables(shard), ctxlog::context_variables(tenant)}},
                     .sinks = {{ctxlog::configured_sink{sink, {.encoder = ctxlog::json_encoder()}}}}});
  const std::string bad_key(300, '\xff'), long_text(100'000, 'x');
  const std::vector<std::string> list(500, "element");
  unsigned long calls = 0;
  for (long n = 1; n <= 40; ++n) {
    allowed = n;
    ctxlog::info("{} {}", long_text, 5, kv(bad_key, long_text), kv("list", list), kv(bad_key, 2));
    ctxlog::info("short {}", 1);
    calls += 2;
    allowed = -1;
  }
  const auto account = ctxlog::shutdown();
  const auto counted = account.removed.accepted + account.undelivered;
  std::printf("calls %lu, written %lu, dropped %lu, undelivered %lu\n", calls, sink->lines,
              static_cast<unsigned long>(account.removed.dropped),
              static_cast<unsigned long>(account.undelivered));
  const bool exact = account.removed.accepted == account.removed.written + account.removed.dropped;
  return exact && counted == calls && account.removed.written == sink->lines ? 0 : 1;
}
