// Uses a variable before its own initialisation could have run, and again from a static destructor.
// SPDX-License-Identifier: MIT
#include <cstdio>
#include <string>

#include "ctxlog/context.hpp"

extern ctxlog::context_var<std::string> request_id;

namespace {

void print_bound(const char* when) {
  const auto bound = request_id.bind(when);
  std::printf("%s %s\n", request_id.name(), request_id.get().c_str());
}

// Defined first: constructed before anything else here, destroyed after it.
struct first_and_last {
  first_and_last() { print_bound("before"); }
  ~first_and_last() {
    print_bound("after");
    std::printf("%s\n", request_id.get_or("none").c_str());
    std::fflush(stdout);
  }
} const order;

}  // namespace

ctxlog::context_var<std::string> request_id{"request_id"};

int main() {
  request_id.set("left by main");
  std::printf("main %s\n", request_id.get().c_str());
}
