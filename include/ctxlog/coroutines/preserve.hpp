// Keeping the context in coroutines whose type is not ours.
// SPDX-License-Identifier: MIT
#pragma once

#include <coroutine>
#include <cstdint>
#include <functional>
#include <type_traits>
#include <utility>

#include "ctxlog/context.hpp"
#include "ctxlog/coroutines/aware_awaiter.hpp"
#include "ctxlog/coroutines/basic_task.hpp"

namespace ctxlog {
namespace detail {

/// Gives the inner awaiter a handle of its own: whoever resumes that enters the context of this await for as
/// long as the coroutine runs, and has its own back afterwards.
template <class A>
class preserving_awaiter : synthetic_frame {
  using inner_type = typename kept_awaiter<A>::inner_type;

 public:
  explicit preserving_awaiter(A&& awaited)
      : synthetic_frame{resume_self, destroy_self}, kept_(std::forward<A>(awaited)) {}
  preserving_awaiter(const preserving_awaiter&) = delete;
  preserving_awaiter& operator=(const preserving_awaiter&) = delete;

  bool await_ready() { return static_cast<bool>(kept_.inner.await_ready()); }

  [[gnu::noinline]] bool await_suspend(std::coroutine_handle<> own) {
    static_assert(
        suspends_with<inner_type, std::coroutine_handle<>>,
        "ctxlog::preserve: this awaiter insists on the promise type of its own library and cannot be "
        "given another handle; use that library's executor or token adapter, e.g. ctxlog/asio.hpp");
    nested_drive drive;
    self_ = own;
    drive_ = drive.id();
    saved_ = context::current();
    if (suspend_inner() && !drive.completed()) return true;
    saved_ = context();
    return false;
  }

  decltype(auto) await_resume() { return kept_.inner.await_resume(); }

 private:
  bool suspend_inner() {
    const std::coroutine_handle<> synthetic = this->handle();
    using result = decltype(kept_.inner.await_suspend(synthetic));
    if constexpr (std::is_void_v<result>) {
      kept_.inner.await_suspend(synthetic);
      return true;
    } else if constexpr (std::is_same_v<result, bool>) {
      return kept_.inner.await_suspend(synthetic);
    } else {
      const std::coroutine_handle<> next = kept_.inner.await_suspend(synthetic);
      if (next == synthetic) return false;
      next.resume();
      return true;
    }
  }

  static preserving_awaiter* from(void* frame) noexcept {
    return static_cast<preserving_awaiter*>(static_cast<synthetic_frame*>(frame));
  }
  static void resume_self(void* frame) {
    preserving_awaiter* const awaiter = from(frame);
    if (nested_drive::complete(awaiter->drive_)) return;
    const std::coroutine_handle<> self = awaiter->self_;
    const context_guard guard(std::move(awaiter->saved_));
    self.resume();
  }
  static void destroy_self(void* frame) { from(frame)->self_.destroy(); }

  kept_awaiter<A> kept_;
  context saved_;
  std::coroutine_handle<> self_;
  std::uint64_t drive_ = 0;
};

/// Calls in the context of the call, and makes what comes back run in it, however late it is awaited.
template <class F>
class preserved_function {
 public:
  explicit preserved_function(F function) : function_(std::move(function)) {}

  template <class... Args>
    requires std::invocable<F&, Args...>
  auto operator()(Args&&... args) { return call(function_, std::forward<Args>(args)...); }
  template <class... Args>
    requires std::invocable<const F&, Args...>
  auto operator()(Args&&... args) const { return call(function_, std::forward<Args>(args)...); }

 private:
  template <class Function, class... Args>
  static auto call(Function& function, Args&&... args) {
    using result = std::invoke_result_t<Function&, Args...>;
    static_assert(awaitable<result>,
                  "ctxlog::preserve: this function returns nothing that can be awaited; to call it later in "
                  "the present context use ctxlog::bind_context");
    static_assert(!std::is_lvalue_reference_v<result>,
                  "ctxlog::preserve: this function must return its coroutine by value");
    auto here = context::current();
    auto started = as_task(here.run(function, std::forward<Args>(args)...));
    started.promise().start_in(std::move(here));
    return started;
  }

  F function_;
};

}  // namespace detail

/// `co_await preserve(x)`, in any coroutine: as `co_await x`, but the coroutine goes on in the context it has
/// here, and who resumes it has its own back when it suspends next. Per await, without allocation. What the
/// coroutine binds before its first co_await stays on the thread that started it, unless that was done inside
/// context::run() or the coroutine begins with a coroutine_scope. In a task it is not needed. Does not compile
/// for awaiters that insist on a promise type.
template <class A>
  requires detail::awaitable<A>
[[nodiscard]] auto preserve(A&& awaited) {
  return detail::movable_awaitable<detail::preserving_awaiter, A>(std::forward<A>(awaited));
}

/// For a function that returns a coroutine: a function that, when called, takes the context of that call to
/// what it returns, a task, which runs in it whenever and wherever it is awaited. Nothing that it binds or
/// sets comes back.
template <class F>
  requires(!detail::awaitable<F>)
[[nodiscard]] auto preserve(F&& function) {
  return detail::preserved_function<std::decay_t<F>>(std::forward<F>(function));
}

}  // namespace ctxlog
