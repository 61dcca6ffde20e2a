// Forks while the default executor has threads and waiting jobs; parent and child each use it.
// SPDX-License-Identifier: MIT
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <latch>
#include <string>
#include <thread>
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

  // Every thread busy and some jobs waiting. A thread that allocates while its process forks may leave a lock of
  // AddressSanitizer's closed in the child: fork when all have come to rest.
  constexpr int more_than_threads = 40;
  const int threads = std::min(32, static_cast<int>(std::thread::hardware_concurrency()) + 4);
  std::latch open(1), at_rest(threads);
  std::atomic<int> run = 0, begun = 0;
  std::vector<ctxlog::running<>> jobs;
  for (int i = 0; i != more_than_threads; ++i)
    jobs.push_back(ctxlog::to_thread([&] {
      if (++begun <= threads) at_rest.count_down();
      open.wait();
      ++run;
    }));

  at_rest.wait();
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
