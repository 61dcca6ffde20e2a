// Ends a scope on another thread and leaves two variables bound where a probe looks.
// SPDX-License-Identifier: MIT
#include <memory>
#include <string>
#include <thread>

#include "ctxlog/context.hpp"
#include "ctxlog/debug.hpp"

namespace {
constinit ctxlog::context_var<std::string> request_id{"request_id"};
constinit ctxlog::context_var<int> user{"user"};
}  // namespace

int main() {
  auto scope = std::unique_ptr<ctxlog::scope>(new ctxlog::scope(request_id.bind("r-1")));
  std::thread([&] { scope.reset(); }).join();
  user.set(7);
  ctxlog::leak_probe()();
}
