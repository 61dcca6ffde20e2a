// Forks while the default executor has threads and waiting jobs; parent and child each use it.
// SPDX-License-Identifier: MIT
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <latch>
#include <string>
#include <vector>

#include "ctxlog/task.hpp"

namespace {

constinit ctxlog::context_var<std::string> request_id{"request_id"};

void say(const char* who) {
  const auto seen = ctxlog::sync_wait(ctxlog::to_thread([] { return request_id.get_or("none"); }));
  std::printf("%s: %s\n", who, seen.c_str());
  std::fflush(stdout);
}

}  // namespace

int main() {
  const auto bound = request_id.bind("A");
  say("parent before");

  // Every thread busy and one job waiting.
  constexpr int more_than_threads = 40;
  std::latch open(1);
  std::atomic<int> run = 0;
  std::vector<ctxlog::running<>> jobs;
  for (int i = 0; i != more_than_threads; ++i)
    jobs.push_back(ctxlog::to_thread([&] {
      open.wait();
      ++run;
    }));

  const pid_t child = ::fork();
  if (child == 0) {
    say("child");
    ::_exit(run == 0 ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  open.count_down();
  for (auto& job : jobs) ctxlog::sync_wait(job);
  say("parent after");
  if (run == more_than_threads) std::puts("the parent's waiting job ran once");
  return status;
}
