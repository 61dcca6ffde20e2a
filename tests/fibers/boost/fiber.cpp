// The recipe for Boost.Fiber: a scheduling algorithm that exchanges contexts wherever a fiber is picked.
// SPDX-License-Identifier: MIT
#include <atomic>
#include <boost/fiber/all.hpp>
#include <chrono>
#include <thread>
#include <vector>

#include "context.hpp"
#include "ctxlog/fiber.hpp"
#include "sanitizers.hpp"

namespace {

constinit ctxlog::context_var<int> number{"number"};

namespace fibers = boost::fibers;

// [boost-fiber]
// A fiber's own part: its context, the creator's to begin with.
struct context_properties : fibers::fiber_properties {
  using fiber_properties::fiber_properties;
  ctxlog::fiber_slot slot;
};

class context_round_robin : public fibers::algo::algorithm_with_properties<context_properties> {
 public:
  void awakened(fibers::context* ready, context_properties&) noexcept override { ready->ready_link(ready_); }

  fibers::context* pick_next() noexcept override {
    if (running_) running_->swap();
    running_ = nullptr;
    if (ready_.empty()) return nullptr;
    fibers::context* const next = &ready_.front();
    ready_.pop_front();
    // The thread's main fiber and the dispatcher are in the thread's own context.
    if (!next->is_context(fibers::type::pinned_context)) {
      running_ = &properties(next).slot;
      running_->swap();
    }
    return next;
  }

  bool has_ready_fibers() const noexcept override { return !ready_.empty(); }

  void suspend_until(const std::chrono::steady_clock::time_point& until) noexcept override {
    std::unique_lock lock(mutex_);
    const auto is_notified = [this] { return notified_; };
    if (until == std::chrono::steady_clock::time_point::max())
      wake_.wait(lock, is_notified);
    else
      wake_.wait_until(lock, until, is_notified);
    notified_ = false;
  }

  void notify() noexcept override {
    {
      const std::lock_guard lock(mutex_);
      notified_ = true;
    }
    wake_.notify_all();
  }

 private:
  ctxlog::fiber_slot* running_ = nullptr;
  fibers::scheduler::ready_queue_type ready_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool notified_ = false;
};
// [boost-fiber]

TEST_CASE("fibers of Boost.Fiber on a scheduling algorithm with slots keep their contexts", "[H8][DR-16]") {
  if (thread_sanitizer) SKIP("Boost's library does not tell ThreadSanitizer of its switches");
  std::atomic<int> foreign = 0;
  int main_fiber_sees = 0;
  std::thread([&] {
    const auto of_thread = number.bind(-7);
    fibers::use_scheduling_algorithm<context_round_robin>();
    std::vector<fibers::fiber> all;
    for (int i = 0; i != 20; ++i) {
      const auto bound = number.bind(i);
      all.emplace_back([&foreign, i] {
        for (int turn = 0; turn != 50; ++turn) {
          if (number.get_or(-1) != i) ++foreign;
          const auto inner = number.bind(i + 100);
          boost::this_fiber::yield();
          if (number.get_or(-1) != i + 100) ++foreign;
          if (turn % 10 == 0) boost::this_fiber::sleep_for(std::chrono::microseconds(10));
          if (number.get_or(-1) != i + 100) ++foreign;
        }
      });
    }
    for (auto& each : all) each.join();
    main_fiber_sees = number.get();
  }).join();
  CHECK(foreign == 0);
  CHECK(main_fiber_sees == -7);
}

}  // namespace
