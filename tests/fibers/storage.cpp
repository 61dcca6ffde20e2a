// An engine that keeps each task's context in storage of its own and has no hook at its switches.
// SPDX-License-Identifier: MIT
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "context.hpp"
#include "ctxlog/coroutines/synthetic_frame.hpp"
#include "ctxlog/fiber.hpp"
#include "fiber.hpp"

namespace {

using context_test::clean_context;
using fiber_test::fiber;

constinit ctxlog::context_var<int> number{"number"};

// Which task the thread runs: what a real engine answers from its scheduler.
constinit thread_local ctxlog::context_storage* running = nullptr;

[[gnu::noinline]] ctxlog::context_storage* storage_of_task() noexcept { return running; }

class engine : clean_context {
 public:
  engine() { ctxlog::set_context_storage(storage_of_task); }
  ~engine() { ctxlog::set_context_storage(nullptr); }
};

class task {
 public:
  task(int own, int switches)
      : fiber_([this, own, switches](fiber& self) {
          const auto bound = number.bind(own);
          for (int i = 0; i != switches; ++i) {
            ctxlog::context::current().run([&] {
              const auto inner = number.bind(own + 1000);
              self.yield();
              if (number.get() != own + 1000) ++foreign_;
            });
            if (number.get() != own) ++foreign_;
          }
        }) {}

  void resume() {
    running = &storage_;
    fiber_.resume();
    running = nullptr;
  }
  bool done() const { return fiber_.done(); }
  int foreign() const { return foreign_; }

 private:
  int foreign_ = 0;
  ctxlog::context_storage storage_;
  fiber fiber_;
};

TEST_CASE_METHOD(engine, "tasks of an engine that keeps contexts itself never see each other's", "[H8]") {
  const auto of_thread = number.bind(0);
  {
    std::vector<std::unique_ptr<task>> tasks;
    for (int i = 1; i != 9; ++i) tasks.push_back(std::make_unique<task>(i, 50));
    int left_behind = 0;
    for (bool any = true; any;) {
      any = false;
      std::thread([&] {
        for (auto& each : tasks)
          if (!each->done()) {
            any = true;
            each->resume();
            left_behind += static_cast<bool>(ctxlog::context::current());
          }
      }).join();
    }
    for (auto& each : tasks) CHECK(each->foreign() == 0);
    CHECK(left_behind == 0);
  }
  CHECK(number.get() == 0);
}

TEST_CASE_METHOD(engine, "a task's storage holds its creator's context until it is destroyed", "[H8]") {
  std::unique_ptr<ctxlog::context_storage> storage;
  {
    const auto bound = number.bind(7);
    storage = std::make_unique<ctxlog::context_storage>();
  }
  CHECK_FALSE(number.find());
  running = storage.get();
  CHECK(number.get() == 7);
  running = nullptr;
  CHECK(ctxlog::detail::live_nodes() == 1);
  storage.reset();
  CHECK(ctxlog::detail::live_nodes() == 0);
}

TEST_CASE_METHOD(engine, "a nested drive belongs to the task that an engine runs", "[H8]") {
  using ctxlog::detail::nested_drive;
  ctxlog::context_storage storage;
  const nested_drive of_thread;
  running = &storage;
  CHECK_FALSE(nested_drive::complete(of_thread.id()));
  {
    const nested_drive of_task;
    running = nullptr;
    CHECK_FALSE(nested_drive::complete(of_task.id()));
    running = &storage;
    CHECK(nested_drive::complete(of_task.id()));
  }
  running = nullptr;
  CHECK(nested_drive::complete(of_thread.id()));
}

}  // namespace
