// Fibers: a slot for each, exchanged with the thread's context at every switch.
// SPDX-License-Identifier: MIT
#include <ucontext.h>

#include <array>
#include <ctxlog/ctxlog.hpp>
#include <ctxlog/fiber.hpp>
#include <string>
#include <thread>

namespace {

constinit ctxlog::context_var<std::string> request_id{"request_id"};

// Stands for any library of stackful fibers.
class fiber {
 public:
  explicit fiber(void (*body)()) {
    ::getcontext(&own_);
    own_.uc_stack.ss_sp = stack_.data();
    own_.uc_stack.ss_size = stack_.size();
    own_.uc_link = &resumer_;
    ::makecontext(&own_, body, 0);
  }

  void resume() {
    slot_.resume([this] {
      running = this;
      ::swapcontext(&resumer_, &own_);
    });
  }

  static void yield() { ::swapcontext(&running->own_, &running->resumer_); }

 private:
  static inline fiber* running = nullptr;

  ctxlog::fiber_slot slot_;  // begins with its creator's context
  ucontext_t own_{}, resumer_{};
  std::array<std::byte, 256 * 1024> stack_{};
};

void body() {
  ctxlog::info("a fiber begins in its creator's context");
  const auto bound = request_id.bind("req-1/detail");
  fiber::yield();
  ctxlog::info("what it has bound follows it to another thread");
}

}  // namespace

int main() {
  ctxlog::configure({.patchers = {{ctxlog::context_variables(request_id)}}});
  static fiber work = [] {
    const auto bound = request_id.bind("req-1");
    return fiber(body);
  }();
  work.resume();
  ctxlog::info("the thread that lent itself has its own context back");
  std::thread([] { work.resume(); }).join();
}
