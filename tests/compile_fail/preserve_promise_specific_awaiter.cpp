// preserve() of an awaiter that takes the handle of its own library's promise only.
// SPDX-License-Identifier: MIT
// expect: ctxlog::preserve: this awaiter insists on the promise type of its own library
#include "ctxlog/task.hpp"

namespace library {

struct coroutine {
  struct promise_type {
    coroutine get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() {}
  };
};

struct operation {
  bool await_ready() { return false; }
  void await_suspend(std::coroutine_handle<coroutine::promise_type>) {}
  void await_resume() {}
};

}  // namespace library

library::coroutine handler() {
#ifdef FIXED
  co_await library::operation();
#else
  co_await ctxlog::preserve(library::operation());
#endif
}
