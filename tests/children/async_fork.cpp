// Forks as often as it is asked to while four threads log; each child logs 100 records and ends normally.
// SPDX-License-Identifier: MIT
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "ctxlog/ctxlog.hpp"

namespace {

using ctxlog::kv;

constinit ctxlog::context_var<std::string> request_id{"request_id"};

[[noreturn]] void run_in_child() {
  ::alarm(30);
  for (int n = 0; n < 100; ++n) ctxlog::info("in child", kv("n", n), kv("expected_pid", ::getpid()));
  std::exit(0);
}

}  // namespace

int main(int, char** arguments) {
  ::alarm(100);
  ctxlog::configure({.patchers = {{ctxlog::context_variables(request_id), ctxlog::process_fields()}}});
  std::atomic<bool> done{false};
  std::atomic<int> settled{0};
  std::vector<std::thread> threads;
  for (int writer = 0; writer < 4; ++writer)
    threads.emplace_back([&, writer] {
      const auto bound = request_id.bind("other");
      for (int n = 0; !done; ++n) {
        ctxlog::info("in parent", kv("writer", writer), kv("n", n));
        if (n == 1000) ++settled;
        if (n % 10 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    });
  // From then on no other thread allocates: a fork leaves the locks of AddressSanitizer's allocator as they are.
  while (settled < 4) std::this_thread::yield();
  ctxlog::flush();
  const auto bound = request_id.bind("forking");
  int failures = 0;
  for (int i = 0, repeats = std::atoi(arguments[1]); i < repeats; ++i) {
    const pid_t child = ::fork();
    if (child == 0) run_in_child();
    int status = 0;
    ::waitpid(child, &status, 0);
    if (status != 0) ++failures;
  }
  done = true;
  for (auto& thread : threads) thread.join();
  return failures;
}
