// Coroutine types of other libraries made to keep their context, through their promise.
// SPDX-License-Identifier: MIT
#pragma once

#include <coroutine>
#include <type_traits>
#include <utility>

#include "ctxlog/coroutines/awaitable.hpp"
#include "ctxlog/coroutines/aware_awaiter.hpp"

namespace ctxlog {

/// A parameter of this type marks a coroutine that is to have an aware_promise.
struct aware_t {};
inline constexpr aware_t aware{};

/// The promise of a coroutine type of another library, which keeps the context over every co_await as task
/// does: the coroutine runs in a copy of the context it was started in, and gives each thread its own back.
/// Put it in place with a specialisation of std::coroutine_traits, before any coroutine that it concerns is
/// defined; limited to coroutines that take an aware_t it cannot break the one-definition rule:
///
///     template <class T, class... Args>
///     struct std::coroutine_traits<lib::task<T>, ctxlog::aware_t, Args...>
///         : ctxlog::aware_traits<lib::task<T>> {};
///
/// The library goes on to take the coroutine for one with its own promise, which is this one's first base:
/// formally undefined, and checked as far as can be checked. A `final` promise cannot be derived from: use
/// preserve() or coroutine_scope.
template <class Promise>
class aware_promise : public Promise {
  static_assert(!std::is_final_v<Promise>,
                "ctxlog::aware_promise: this promise is final; use preserve() or coroutine_scope");
  static_assert(alignof(Promise) <= 2 * sizeof(void*),
                "ctxlog::aware_promise: this promise is aligned so that its handle would change");

 public:
  using library_promise = Promise;
  using Promise::Promise;

  auto initial_suspend() {
    return initial_awaiter<decltype(std::declval<Promise&>().initial_suspend())>(Promise::initial_suspend(),
                                                                                 state_);
  }
  auto final_suspend() noexcept {
    return final_awaiter<decltype(std::declval<Promise&>().final_suspend())>(Promise::final_suspend(),
                                                                             state_);
  }

  // Who throws here leaves the coroutine without final_suspend().
  void unhandled_exception() {
    try {
      Promise::unhandled_exception();
    } catch (...) {
      state_.leave();
      throw;
    }
  }

  template <class A>
  auto await_transform(A&& awaited) {
    if constexpr (requires(Promise & own) { own.await_transform(std::forward<A>(awaited)); }) {
      using transformed = decltype(Promise::await_transform(std::forward<A>(awaited)));
      static_assert(std::is_reference_v<transformed> || std::is_move_constructible_v<transformed>,
                    "ctxlog::aware_promise: await_transform() of this promise returns what cannot be moved");
      return detail::aware_awaiter<transformed>(Promise::await_transform(std::forward<A>(awaited)), state_);
    } else {
      return detail::aware_awaiter<A>(std::forward<A>(awaited), state_);
    }
  }

 private:
  template <class Inner>
  class initial_awaiter {
   public:
    initial_awaiter(Inner inner, detail::coroutine_state& state) : inner_(std::move(inner)), state_(state) {}
    bool await_ready() { return inner_.await_ready(); }
    template <class P>
    decltype(auto) await_suspend(std::coroutine_handle<P> own) {
      return inner_.await_suspend(detail::handle_for<Inner>(own));
    }
    decltype(auto) await_resume() {
      state_.adopt_current();
      return inner_.await_resume();
    }

   private:
    Inner inner_;
    detail::coroutine_state& state_;
  };

  template <class Inner>
  class final_awaiter {
   public:
    final_awaiter(Inner inner, detail::coroutine_state& state) noexcept
        : inner_(std::move(inner)), state_(state) {}
    // An eager end is an end too.
    bool await_ready() noexcept {
      const bool ready = inner_.await_ready();
      if (ready) state_.leave();
      return ready;
    }
    template <class P>
    [[gnu::noinline]] decltype(auto) await_suspend(std::coroutine_handle<P> own) noexcept {
      state_.leave();
      return inner_.await_suspend(detail::handle_for<Inner>(own));
    }
    void await_resume() noexcept { inner_.await_resume(); }

   private:
    Inner inner_;
    detail::coroutine_state& state_;
  };

  detail::coroutine_state state_;
};

/// See aware_promise.
template <class Coroutine>
struct aware_traits {
  using promise_type = aware_promise<typename Coroutine::promise_type>;
};

}  // namespace ctxlog
