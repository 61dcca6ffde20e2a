// Ends while the default executor is at work; a static destructor gives it more.
// SPDX-License-Identifier: MIT
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>

#include "ctxlog/task.hpp"

namespace {

constinit ctxlog::context_var<std::string> request_id{"request_id"};

// Destroyed after the executor has ended: constructed before it is first used.
struct late_user {
  ~late_user() {
    const auto bound = request_id.bind("req-2");
    const auto here = std::this_thread::get_id();
    ctxlog::to_thread([here] {
      std::printf("from a static destructor: %s thread, with %s\n",
                  here == std::this_thread::get_id() ? "same" : "another", request_id.get().c_str());
    });
  }
};
const late_user user;

}  // namespace

int main() {
  const auto bound = request_id.bind("req-1");
  ctxlog::to_thread([] {
    // Long enough for main() to end first; if it does not, the test passes all the same.
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    std::printf("job of main ends with %s\n", request_id.get().c_str());
  });
}
