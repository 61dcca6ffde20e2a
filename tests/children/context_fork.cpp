// Forks while another thread holds a context of its own; parent and child each say what they see.
// SPDX-License-Identifier: MIT
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <latch>
#include <string>

#include "ctxlog/propagate.hpp"

namespace {

constinit ctxlog::context_var<std::string> request_id{"request_id"};

void say(const char* who) {
  const auto inner = request_id.bind(request_id.get_or("none") + "+" + who);
  std::printf("%s %s\n", who, request_id.get().c_str());
  std::fflush(stdout);
}

}  // namespace

int main() {
  const auto bound = request_id.bind("forking");
  std::latch started(1), finish(1);
  std::jthread other([&] {
    const auto elsewhere = request_id.bind("other");
    started.count_down();
    finish.wait();
  });
  started.wait();
  const pid_t child = fork();
  if (child == 0) {
    say("child");
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  say("parent");
  finish.count_down();
  return status;
}
