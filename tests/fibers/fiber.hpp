// A fiber on ucontext that knows nothing of contexts; sanitizers are told where it switches.
// SPDX-License-Identifier: MIT
#pragma once

#include <ucontext.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

namespace fiber_test {

class fiber {
 public:
  /// `body` gets the fiber, to yield; it runs when resume() is first called, by whichever thread.
  explicit fiber(std::function<void(fiber&)> body) : body_(std::move(body)) {
    ::getcontext(&own_);
    own_.uc_stack.ss_sp = stack_.get();
    own_.uc_stack.ss_size = stack_size;
    own_.uc_link = nullptr;
    const auto self = reinterpret_cast<std::uintptr_t>(this);
    ::makecontext(&own_, reinterpret_cast<void (*)()>(&fiber::start), 2, static_cast<unsigned>(self >> 32),
                  static_cast<unsigned>(self));
#if defined(__SANITIZE_THREAD__)
    tsan_own_ = __tsan_create_fiber(0);
#endif
  }
  fiber(const fiber&) = delete;
  fiber& operator=(const fiber&) = delete;
  ~fiber() {
#if defined(__SANITIZE_THREAD__)
    __tsan_destroy_fiber(tsan_own_);
#endif
  }

  bool done() const { return done_; }

  void resume() {
#if defined(__SANITIZE_THREAD__)
    tsan_resumer_ = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(tsan_own_, 0);
#endif
#if defined(__SANITIZE_ADDRESS__)
    void* fake_stack = nullptr;
    __sanitizer_start_switch_fiber(&fake_stack, stack_.get(), stack_size);
#endif
    ::swapcontext(&resumer_, &own_);
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(fake_stack, nullptr, nullptr);
#endif
  }

  void yield() {
#if defined(__SANITIZE_THREAD__)
    __tsan_switch_to_fiber(tsan_resumer_, 0);
#endif
#if defined(__SANITIZE_ADDRESS__)
    void* fake_stack = nullptr;
    __sanitizer_start_switch_fiber(done_ ? nullptr : &fake_stack, resumer_stack_, resumer_stack_size_);
#endif
    ::swapcontext(&own_, &resumer_);
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(fake_stack, &resumer_stack_, &resumer_stack_size_);
#endif
  }

 private:
  static constexpr std::size_t stack_size = 256 * 1024;

  static void start(unsigned high, unsigned low) {
    auto& self = *reinterpret_cast<fiber*>(std::uintptr_t{high} << 32 | low);
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(nullptr, &self.resumer_stack_, &self.resumer_stack_size_);
#endif
    self.body_(self);
    self.done_ = true;
    self.yield();
  }

  std::function<void(fiber&)> body_;
  std::unique_ptr<std::byte[]> stack_ = std::make_unique<std::byte[]>(stack_size);
  ucontext_t own_{}, resumer_{};
  bool done_ = false;
#if defined(__SANITIZE_ADDRESS__)
  const void* resumer_stack_ = nullptr;
  std::size_t resumer_stack_size_ = 0;
#endif
#if defined(__SANITIZE_THREAD__)
  void* tsan_own_ = nullptr;
  void* tsan_resumer_ = nullptr;
#endif
};

}  // namespace fiber_test
