// task<T>: a coroutine that keeps its context over everything it awaits.
// SPDX-License-Identifier: MIT
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include "ctxlog/context.hpp"
#include "ctxlog/coroutines/awaitable.hpp"
#include "ctxlog/coroutines/aware_awaiter.hpp"
#include "ctxlog/coroutines/outcome.hpp"

namespace ctxlog {

template <class T>
class task;

namespace detail {

[[noreturn]] CTXLOG_API void throw_task_not_startable();

class task_promise_base {
 public:
  task_promise_base() noexcept = default;

  auto initial_suspend() noexcept {
    struct initial_awaiter {
      bool await_ready() const noexcept { return false; }
      void await_suspend(std::coroutine_handle<>) const noexcept {}
      void await_resume() const noexcept { state.enter(); }
      coroutine_state& state;
    };
    return initial_awaiter{state_};
  }

  auto final_suspend() noexcept {
    struct final_awaiter {
      bool await_ready() const noexcept { return false; }
      [[gnu::noinline]] std::coroutine_handle<> await_suspend(std::coroutine_handle<>) const noexcept {
        const std::coroutine_handle<> next = promise.continuation_;
        promise.state_.leave();
        return next;
      }
      void await_resume() const noexcept {}
      task_promise_base& promise;
    };
    return final_awaiter{*this};
  }

  template <class A>
  auto await_transform(A&& awaited) {
    static_assert(awaitable<A>,
                  "ctxlog::task: this cannot be awaited, it has no operator co_await and is no awaiter");
    return aware_awaiter<A>(std::forward<A>(awaited), state_);
  }

  /// For ctxlog's own layers. The context the coroutine will start in: the one given to start_in(), else the
  /// current one of the thread that starts it.
  context start_context() const noexcept { return start_in_ ? *start_in_ : context::current(); }
  void start_in(context first) noexcept { start_in_ = std::move(first); }

  bool started() const noexcept { return started_; }
  /// Prepares the start; resuming the coroutine starts it. `continuation` is resumed at its end.
  void start(std::coroutine_handle<> continuation) noexcept {
    started_ = true;
    continuation_ = continuation;
    state_.begin_in(start_in_ ? std::move(*start_in_) : context::current());
    start_in_.reset();
  }

 private:
  coroutine_state state_;
  std::optional<context> start_in_;
  std::coroutine_handle<> continuation_;
  bool started_ = false;
};

template <class T>
class task_promise final : public task_promise_base {
 public:
  task<T> get_return_object() noexcept;
  template <class U = T>
    requires std::is_convertible_v<U&&, T>
  void return_value(U&& returned) { result.set(std::forward<U>(returned)); }
  void unhandled_exception() noexcept { result.fail(std::current_exception()); }

  outcome<T> result;
};

template <>
class task_promise<void> final : public task_promise_base {
 public:
  task<void> get_return_object() noexcept;
  void return_void() noexcept { result.set(); }
  void unhandled_exception() noexcept { result.fail(std::current_exception()); }

  outcome<void> result;
};

}  // namespace detail

/// A coroutine that starts when it is awaited (or given to spawn(), sync_wait(), when_all(), when_any()), in a
/// copy of the context current there and then. From start to end it runs in its own context, whatever it
/// awaits and whichever thread resumes it; nothing it binds or sets is seen by the awaiting coroutine, and
/// between its segments the threads have their own contexts back. `co_await` yields its result, once, or
/// throws what it threw; awaited a second time, or moved-from, it throws std::logic_error. It completes on
/// the thread that ran its last segment, and the awaiting coroutine goes on there. Destroyed before its end,
/// it is unwound in its own context; like any coroutine it must not be destroyed while it runs. T is void, a
/// reference, or a movable type.
template <class T = void>
class [[nodiscard]] task {
 public:
  using promise_type = detail::task_promise<T>;
  using handle_type = std::coroutine_handle<promise_type>;

  task(task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  task& operator=(task&& other) noexcept {
    task(std::move(other)).swap(*this);
    return *this;
  }
  ~task() {
    if (handle_) handle_.destroy();
  }

  auto operator co_await() const {
    struct awaiter {
      bool await_ready() const noexcept { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) const noexcept {
        handle.promise().start(awaiting);
        return handle;
      }
      T await_resume() const { return handle.promise().result.take(); }
      handle_type handle;
    };
    return awaiter{startable()};
  }

  /// For ctxlog's own layers. Throws std::logic_error when there is nothing left to start.
  handle_type startable() const {
    if (!handle_ || handle_.promise().started()) detail::throw_task_not_startable();
    return handle_;
  }
  promise_type& promise() const noexcept { return handle_.promise(); }

 private:
  friend promise_type;
  explicit task(handle_type handle) noexcept : handle_(handle) {}
  void swap(task& other) noexcept { std::swap(handle_, other.handle_); }

  handle_type handle_;
};

namespace detail {

template <class T>
task<T> task_promise<T>::get_return_object() noexcept {
  return task<T>(std::coroutine_handle<task_promise>::from_promise(*this));
}
inline task<void> task_promise<void>::get_return_object() noexcept {
  return task<void>(std::coroutine_handle<task_promise>::from_promise(*this));
}

template <class T>
inline constexpr bool is_task = false;
template <class T>
inline constexpr bool is_task<task<T>> = true;

// A is as deduced for a forwarding reference: an lvalue is referred to.
template <class A>
task<await_result<A>> await_in_task(A awaited) {
  co_return co_await static_cast<A&&>(awaited);
}

/// Anything that can be awaited, as a task.
template <class A>
auto as_task(A&& a) {
  static_assert(awaitable<A>, "ctxlog: expected something that can be awaited");
  if constexpr (is_task<std::remove_cvref_t<A>>) {
    static_assert(!std::is_lvalue_reference_v<A>, "ctxlog: a task is given away here: use std::move()");
    return std::remove_cvref_t<A>(std::forward<A>(a));
  } else {
    return await_in_task<A>(std::forward<A>(a));
  }
}

template <class A>
struct value_of_task;
template <class T>
struct value_of_task<task<T>> {
  using type = T;
};
/// What the task made of an awaitable yields.
template <class A>
using task_value = typename value_of_task<decltype(as_task(std::declval<A>()))>::type;

}  // namespace detail
}  // namespace ctxlog
