// Four processes, made before anything is logged, log 5000 records each where the environment says.
// SPDX-License-Identifier: MIT
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "ctxlog/ctxlog.hpp"

int main() {
  ::alarm(100);
  for (int writer = 0; writer < 4; ++writer) {
    if (::fork() != 0) continue;
    for (int n = 0; n < 5'000; ++n)
      ctxlog::info("record {}", n, ctxlog::kv("writer", writer), ctxlog::kv("n", n));
    std::exit(0);
  }
  int failures = 0;
  for (int status = 0; ::wait(&status) != -1;) failures += status != 0;
  return failures;
}
