// Fibers of Boost.Context that move between threads.
// SPDX-License-Identifier: MIT
#include <boost/context/fiber.hpp>
#include <thread>
#include <utility>
#include <vector>

#include "context.hpp"
#include "ctxlog/fiber.hpp"
#include "sanitizers.hpp"

namespace {

constinit ctxlog::context_var<int> number{"number"};

struct moving_fiber {
  int foreign = 0;
  ctxlog::fiber_slot slot{ctxlog::context::empty()};
  boost::context::fiber suspended;

  moving_fiber(int own, int switches)
      : suspended([this, own, switches](boost::context::fiber&& resumer) {
          const auto bound = number.bind(own);
          for (int i = 0; i != switches; ++i) {
            resumer = std::move(resumer).resume();
            if (const int* seen = number.find(); !seen || *seen != own) ++foreign;
          }
          return std::move(resumer);
        }) {}

  void resume() {
    slot.resume([this] { suspended = std::move(suspended).resume(); });
  }
};

TEST_CASE_METHOD(context_test::clean_context,
                 "fibers of Boost.Context keep their contexts through 2000 switches on changing threads",
                 "[H8][DR-16]") {
  if (thread_sanitizer) SKIP("Boost's library does not tell ThreadSanitizer of its switches");
  std::vector<std::unique_ptr<moving_fiber>> fibers;
  for (int i = 0; i != 20; ++i) fibers.push_back(std::make_unique<moving_fiber>(i, 100));
  int left_behind = 0;
  for (bool any = true; any;) {
    any = false;
    std::thread([&] {
      for (auto& each : fibers)
        if (each->suspended) {
          any = true;
          each->resume();
          left_behind += static_cast<bool>(ctxlog::context::current());
        }
    }).join();
  }
  for (auto& each : fibers) CHECK(each->foreign == 0);
  CHECK(left_behind == 0);
}

}  // namespace
