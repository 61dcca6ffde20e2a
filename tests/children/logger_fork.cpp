// Forks 50 times while four threads log; each child logs 20 records and must end by itself.
// SPDX-License-Identifier: MIT
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "ctxlog/ctxlog.hpp"

namespace {

using ctxlog::kv;

constinit ctxlog::context_var<std::string> request_id{"request_id"};

[[noreturn]] void run_in_child() {
  ::alarm(30);
  for (int i = 0; i < 20; ++i) ctxlog::info("in child", kv("expected_pid", ::getpid()));
  ctxlog::logger("made.in.child").set_level(ctxlog::level::debug);
  ctxlog::flush();
  ::_exit(0);
}

}  // namespace

int main() {
  ::alarm(100);
  ctxlog::configure({.patchers = {{ctxlog::context_variables(request_id), ctxlog::process_fields()}}});
  std::atomic<bool> done{false};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      const auto bound = request_id.bind("other");
      while (!done) {
        ctxlog::info("in parent {}", t);
        ctxlog::logger("thread." + std::to_string(t)).set_level(ctxlog::level::info);
      }
    });
  const auto bound = request_id.bind("forking");
  ctxlog::info("before the first fork");  // the forking thread has an id that its children must not keep
  int failures = 0;
  for (int i = 0; i < 50; ++i) {
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
