// Fibers whose scheduler exchanges contexts at each switch, on one thread and on several.
// SPDX-License-Identifier: MIT
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "context.hpp"
#include "ctxlog/coroutines/synthetic_frame.hpp"
#include "ctxlog/fiber.hpp"
#include "ctxlog/propagate.hpp"
#include "fiber.hpp"

namespace {

using context_test::clean_context;
using ctxlog::fiber_slot;
using ctxlog::detail::nested_drive;
using fiber_test::fiber;

constinit ctxlog::context_var<int> number{"number"};

// A fiber that binds its own number and counts how often it finds another one after a switch.
class counting_fiber {
 public:
  counting_fiber(int own, int switches)
      : fiber_([this, own, switches](fiber& self) {
          const auto bound = number.bind(own);
          for (int i = 0; i != switches; ++i) {
            self.yield();
            if (const int* seen = number.find(); !seen || *seen != own) ++foreign_;
          }
        }) {}

  int foreign() const { return foreign_; }
  bool done() const { return fiber_.done(); }
  void resume_with_slot() {
    slot_.resume([this] { fiber_.resume(); });
  }
  void resume_plainly() { fiber_.resume(); }

 private:
  int foreign_ = 0;
  fiber_slot slot_{ctxlog::context::empty()};
  fiber fiber_;
};

TEST_CASE_METHOD(clean_context, "two fibers that switch 10 000 times on one thread keep their contexts",
                 "[H8][DR-16]") {
  const auto of_thread = number.bind(0);
  counting_fiber one(1, 10'000), two(2, 10'000);
  int wrong_on_thread = 0;
  while (!one.done() || !two.done()) {
    if (!one.done()) one.resume_with_slot();
    wrong_on_thread += number.get() != 0;
    if (!two.done()) two.resume_with_slot();
    wrong_on_thread += number.get() != 0;
  }
  CHECK(one.foreign() == 0);
  CHECK(two.foreign() == 0);
  CHECK(wrong_on_thread == 0);
}

TEST_CASE("without the slot a fiber sees what the other one bound", "[H8][DR-16]") {
  const ctxlog::context_guard of_test(ctxlog::context::empty());
  counting_fiber one(1, 100), two(2, 100);
  while (!one.done() || !two.done()) {
    if (!one.done()) one.resume_plainly();
    if (!two.done()) two.resume_plainly();
  }
  CHECK(one.foreign() > 0);
}

TEST_CASE_METHOD(clean_context,
                 "fibers that go on on other threads take their context along and leave none behind",
                 "[H8][DR-16]") {
  std::vector<std::unique_ptr<counting_fiber>> fibers;
  for (int i = 0; i != 8; ++i) fibers.push_back(std::make_unique<counting_fiber>(i, 100));
  int left_behind = 0;
  for (bool any = true; any;) {
    any = false;
    std::thread([&] {
      for (auto& each : fibers)
        if (!each->done()) {
          any = true;
          each->resume_with_slot();
          left_behind += static_cast<bool>(ctxlog::context::current());
        }
    }).join();
  }
  for (auto& each : fibers) CHECK(each->foreign() == 0);
  CHECK(left_behind == 0);
}

// run() around a switch, which ends on another thread.
class fiber_in_run {
 public:
  void start() { resume(); }
  void end_on_another_thread() {
    std::thread([this] {
      resume();
      left_ = static_cast<bool>(ctxlog::context::current());
    }).join();
  }
  std::optional<int> inside, after;
  bool left() const { return left_; }

 private:
  void resume() {
    slot_.resume([this] { fiber_.resume(); });
  }

  bool left_ = false;
  fiber_slot slot_;
  fiber fiber_{[this](fiber& self) {
    const auto other = [] {
      const auto bound = number.bind(2);
      return ctxlog::context::current();
    }();
    other.run([&] {
      self.yield();
      inside = number.get_or(-1);
    });
    after = number.get_or(-1);
  }};
};

TEST_CASE_METHOD(clean_context, "a run() that a fiber starts on one thread ends right on another", "[H8]") {
  const auto bound = number.bind(1);
  fiber_in_run moved;
  moved.start();
  CHECK(number.get() == 1);
  moved.end_on_another_thread();
  CHECK(moved.inside == 2);
  CHECK(moved.after == 1);
  CHECK_FALSE(moved.left());
}

TEST_CASE_METHOD(clean_context, "a fiber starts in its creator's context, and a fiber within a fiber too",
                 "[H8]") {
  std::vector<int> seen;
  {
    const auto bound = number.bind(1);
    fiber_slot outer_slot;
    fiber outer([&](fiber& self) {
      seen.push_back(number.get());
      const auto rebound = number.bind(2);
      fiber_slot inner_slot;
      fiber inner([&](fiber&) { seen.push_back(number.get()); });
      self.yield();
      inner_slot.resume([&] { inner.resume(); });
      seen.push_back(number.get());
    });
    outer_slot.resume([&] { outer.resume(); });
    std::thread([&] { outer_slot.resume([&] { outer.resume(); }); }).join();
    CHECK(number.get() == 1);
  }
  CHECK(seen == std::vector{1, 2, 2});
}

TEST_CASE_METHOD(clean_context, "an exception of the switch gives the thread its context back", "[H8]") {
  const auto bound = number.bind(1);
  fiber_slot slot(ctxlog::context::empty());
  CHECK_THROWS_AS(slot.resume([] {
    number.set(2);
    throw 3;
  }),
                  int);
  CHECK(number.get() == 1);
  CHECK(slot.resume([] { return number.get(); }) == 2);
}

TEST_CASE_METHOD(clean_context, "a nested drive of a fiber goes on with it on another thread", "[H8]") {
  bool completed_there = false, seen_by_thread = true, seen_by_other_thread = true;
  std::uint64_t of_fiber = 0;
  fiber_slot slot;
  fiber driving([&](fiber& self) {
    const nested_drive drive;
    of_fiber = drive.id();
    self.yield();
    completed_there = nested_drive::complete(of_fiber) && drive.completed();
    self.yield();
  });
  const auto resume = [&] { slot.resume([&] { driving.resume(); }); };
  resume();
  seen_by_thread = nested_drive::complete(of_fiber);
  std::thread([&] {
    resume();
    seen_by_other_thread = nested_drive::complete(of_fiber);
    resume();
  }).join();
  CHECK(completed_there);
  CHECK_FALSE(seen_by_thread);
  CHECK_FALSE(seen_by_other_thread);
}

TEST_CASE_METHOD(clean_context, "a fiber does not see the nested drive of the thread that runs it", "[H8]") {
  const nested_drive of_thread;
  bool seen_by_fiber = true;
  fiber_slot slot;
  fiber looking([&](fiber&) { seen_by_fiber = nested_drive::complete(of_thread.id()); });
  slot.resume([&] { looking.resume(); });
  CHECK_FALSE(seen_by_fiber);
  CHECK(nested_drive::complete(of_thread.id()));
}

}  // namespace
