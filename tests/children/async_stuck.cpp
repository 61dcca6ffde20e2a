// Shuts down while a sink never returns, logs on, prints the account and ends.
// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <semaphore>
#include <string_view>

#include "ctxlog/ctxlog.hpp"
#include "ctxlog/sinks/callback.hpp"

namespace {

auto& entered = *new std::binary_semaphore(0);

struct logs_at_end {
  ~logs_at_end() { ctxlog::info("static destructor"); }
} const late;

}  // namespace

int main() {
  ::alarm(60);
  ctxlog::configure({.pipeline = ctxlog::async_pipeline{.crash_safe = false},
                     .sinks = {{ctxlog::configured_sink{
                         std::make_shared<ctxlog::callback_sink>([](const ctxlog::record&, std::string_view) {
                           entered.release();
                           while (true) ::pause();
                         })}}}});
  for (int n = 0; n < 50; ++n) ctxlog::info("record {}", n);
  entered.acquire();
  ctxlog::shutdown(std::chrono::milliseconds(50));
  for (int n = 0; n < 10; ++n) ctxlog::info("afterwards {}", n);
  const auto account = ctxlog::stats();
  std::printf("{\"accepted\":%llu,\"delivered\":%llu,\"pending\":%llu,\"undelivered\":%llu}\n",
              static_cast<unsigned long long>(account.pipeline.accepted),
              static_cast<unsigned long long>(account.pipeline.delivered),
              static_cast<unsigned long long>(account.pipeline.pending),
              static_cast<unsigned long long>(account.undelivered));
  std::fflush(stdout);
}
