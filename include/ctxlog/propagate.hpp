// Carrying the context to threads, pools, callbacks and queues.
// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <functional>
#include <future>
#include <thread>
#include <type_traits>
#include <utility>

#include "ctxlog/context.hpp"

namespace ctxlog {
namespace detail {

template <class F>
class bound_function {
 public:
  bound_function(context captured, F function)
      : context_(std::move(captured)), function_(std::move(function)) {}

  template <class... Args>
    requires std::invocable<F&, Args...>
  decltype(auto) operator()(Args&&... args) { return context_.run(function_, std::forward<Args>(args)...); }

  template <class... Args>
    requires std::invocable<const F&, Args...>
  decltype(auto) operator()(Args&&... args) const {
    return context_.run(function_, std::forward<Args>(args)...);
  }

 private:
  context context_;
  F function_;
};

template <class F>
class bound_once {
 public:
  bound_once(context captured, F function) : context_(std::move(captured)), function_(std::move(function)) {}

  // The function dies inside its context, and both before the call returns.
  template <class... Args>
    requires std::invocable<F, Args...>
  decltype(auto) operator()(Args&&... args) {
    context_guard guard(std::move(context_));
    F function = std::move(function_);
    return std::invoke(std::move(function), std::forward<Args>(args)...);
  }

 private:
  context context_;
  F function_;
};

}  // namespace detail

/// A callable that calls `f`, with any arguments, in the context captured here, whoever calls it, whenever,
/// however often. Copyable if `f` is, callable when const if `f` is. It keeps the context alive as long as it
/// lives itself: for a callback that is kept, consider bind_context_once() or detach().
template <class F>
[[nodiscard]] auto bind_context(F&& f, context captured = context::current()) {
  return detail::bound_function<std::decay_t<F>>(std::move(captured), std::forward<F>(f));
}

/// The same for one call: gives up `f` and the context before that call returns, so that work done no longer
/// holds its request. `f` may be move-only. A second call runs a moved-from `f` in the empty context.
template <class F>
[[nodiscard]] auto bind_context_once(F&& f, context captured = context::current()) {
  return detail::bound_once<std::decay_t<F>>(std::move(captured), std::forward<F>(f));
}

/// Calls `f` in the empty context: for what outlives the request that happens to start it (caches, connection
/// pools, periodic timers).
template <class F, class... Args>
decltype(auto) detach(F&& f, Args&&... args) {
  return context().run(std::forward<F>(f), std::forward<Args>(args)...);
}

/// std::thread that runs `f` in the caller's context. Throws as std::thread does.
template <class F, class... Args>
[[nodiscard]] std::thread thread(F&& f, Args&&... args) {
  return std::thread(bind_context_once(std::forward<F>(f)), std::forward<Args>(args)...);
}

/// std::jthread that runs `f` in the caller's context, with a std::stop_token first if `f` takes one.
template <class F, class... Args>
[[nodiscard]] std::jthread jthread(F&& f, Args&&... args) {
  return std::jthread(bind_context_once(std::forward<F>(f)), std::forward<Args>(args)...);
}

/// std::async in the caller's context; with std::launch::deferred too, whoever calls get().
template <class F, class... Args>
[[nodiscard]] auto async(std::launch policy, F&& f, Args&&... args) {
  return std::async(policy, bind_context_once(std::forward<F>(f)), std::forward<Args>(args)...);
}

template <class F, class... Args>
  requires(!std::same_as<std::decay_t<F>, std::launch>)
[[nodiscard]] auto async(F&& f, Args&&... args) {
  return ctxlog::async(std::launch::async | std::launch::deferred, std::forward<F>(f),
                       std::forward<Args>(args)...);
}

/// A view of any thread pool, executor or event loop that runs each submitted callable once: the callable
/// runs in the context of its submitter, and what it leaves set does not stay on the worker. The verbs are
/// those the pool itself has, with its arguments and results. Holds a reference: the pool must outlive the
/// view.
template <class Pool>
class context_pool {
 public:
  explicit context_pool(Pool& pool) noexcept : pool_(&pool) {}

  Pool& inner() const noexcept { return *pool_; }

// A function cannot pass a member's name on.
#define CTXLOG_FORWARD_SUBMISSION(verb)                                                           \
  template <class F, class... Args>                                                               \
    requires requires(Pool & pool, detail::bound_once<std::decay_t<F>> bound, Args && ... args) { \
      pool.verb(std::move(bound), std::forward<Args>(args)...);                                   \
    }                                                                                             \
  decltype(auto) verb(F&& f, Args&&... args) const {                                              \
    return pool_->verb(bind_context_once(std::forward<F>(f)), std::forward<Args>(args)...);       \
  }

  CTXLOG_FORWARD_SUBMISSION(submit)
  CTXLOG_FORWARD_SUBMISSION(submit_task)
  CTXLOG_FORWARD_SUBMISSION(detach_task)
  CTXLOG_FORWARD_SUBMISSION(post)
  CTXLOG_FORWARD_SUBMISSION(execute)
  CTXLOG_FORWARD_SUBMISSION(enqueue)
  CTXLOG_FORWARD_SUBMISSION(add)
  CTXLOG_FORWARD_SUBMISSION(schedule)
  CTXLOG_FORWARD_SUBMISSION(push_task)
  CTXLOG_FORWARD_SUBMISSION(queueInLoop)
  CTXLOG_FORWARD_SUBMISSION(runInLoop)
#undef CTXLOG_FORWARD_SUBMISSION

 private:
  Pool* pool_;
};

}  // namespace ctxlog
