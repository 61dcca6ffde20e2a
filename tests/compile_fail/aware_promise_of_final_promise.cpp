// aware_promise in the place of a promise that nothing can derive from.
// SPDX-License-Identifier: MIT
// expect: ctxlog::aware_promise: this promise is final
#include "ctxlog/coroutines/aware_promise.hpp"

#ifdef FIXED
#define MAYBE_FINAL
#else
#define MAYBE_FINAL final
#endif

struct coroutine {
  struct promise_type MAYBE_FINAL {
    coroutine get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() {}
  };
};

template <>
struct std::coroutine_traits<coroutine, ctxlog::aware_t> : ctxlog::aware_traits<coroutine> {};

coroutine work(ctxlog::aware_t) { co_return; }
