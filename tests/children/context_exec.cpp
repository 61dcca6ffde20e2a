// Logs in the context that its environment carries, and starts itself once more in it: context_exec [grandchild].
// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <string>
#include <vector>

#include "ctxlog/ctxlog.hpp"
#include "ctxlog/process.hpp"

namespace {
constinit ctxlog::context_var<std::string> request_id{"request_id"};
}  // namespace

int main(int argc, char** argv) {
  ctxlog::configure({.patchers = {{ctxlog::context_variables(request_id)}}});
  const ctxlog::propagator carried{{request_id, "X-Request-ID"}};
  const ctxlog::context_guard received(carried.extract_environment());
  if (argc == 1) {
    ctxlog::info("grandchild");
    return 0;
  }
  ctxlog::info("child");
  ctxlog::flush();
  auto environment = carried.environment();
  std::vector<char*> pointers;
  for (std::string& variable : environment) pointers.push_back(variable.data());
  pointers.push_back(nullptr);
  char* arguments[] = {argv[0], nullptr};
  ::execve(argv[0], arguments, pointers.data());
  return 1;
}
