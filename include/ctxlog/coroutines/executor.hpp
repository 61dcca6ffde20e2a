// Work for threads: giving it to any executor, and one that is always there.
// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

#include "ctxlog/context.hpp"
#include "ctxlog/export.hpp"
#include "ctxlog/propagate.hpp"

namespace ctxlog {

class default_executor;

namespace detail {

CTXLOG_API void post_to_default_executor(std::function<void()> job);

template <class>
inline constexpr bool no_verb = false;

// Gives `f` to whatever runs callables: the verbs of context_pool, those that return nothing first; Asio's
// executors before 1.29, whose execute() is private; things that have an executor.
template <class Executor, class F>
void submit(Executor& executor, F f) {
  if constexpr (std::is_same_v<std::remove_cv_t<Executor>, default_executor>) {
    post_to_default_executor(std::move(f));  // the job enters its context itself, and leaves it in time
  } else if constexpr (requires { executor.post(f); }) {
    static_cast<void>(executor.post(std::move(f)));
  } else if constexpr (requires { executor.execute(f); }) {
    static_cast<void>(executor.execute(std::move(f)));
  } else if constexpr (requires { executor.post(f, std::allocator<void>()); }) {
    executor.post(std::move(f), std::allocator<void>());
  } else if constexpr (requires { executor.detach_task(f); }) {
    static_cast<void>(executor.detach_task(std::move(f)));
  } else if constexpr (requires { executor.enqueue(f); }) {
    static_cast<void>(executor.enqueue(std::move(f)));
  } else if constexpr (requires { executor.add(f); }) {
    static_cast<void>(executor.add(std::move(f)));
  } else if constexpr (requires { executor.schedule(f); }) {
    static_cast<void>(executor.schedule(std::move(f)));
  } else if constexpr (requires { executor.push_task(f); }) {
    static_cast<void>(executor.push_task(std::move(f)));
  } else if constexpr (requires { executor.queueInLoop(f); }) {
    static_cast<void>(executor.queueInLoop(std::move(f)));
  } else if constexpr (requires { executor.runInLoop(f); }) {
    static_cast<void>(executor.runInLoop(std::move(f)));
  } else if constexpr (requires { executor.submit(f); }) {
    static_cast<void>(executor.submit(std::move(f)));
  } else if constexpr (requires { executor.submit_task(f); }) {
    static_cast<void>(executor.submit_task(std::move(f)));
  } else if constexpr (requires { executor.get_executor(); }) {
    auto inner = executor.get_executor();
    submit(inner, std::move(f));
  } else {
    static_assert(no_verb<Executor>,
                  "ctxlog: this is no executor: it has none of the member functions post, execute, "
                  "detach_task, enqueue, add, schedule, push_task, queueInLoop, runInLoop, submit, "
                  "submit_task, get_executor");
  }
}

}  // namespace detail

/// Threads that need no set-up, for work that blocks: the first job starts one, further jobs further ones as
/// long as none is idle, up to the number of processors plus 4, at most 32. Jobs that throw end the program,
/// as threads do. A normal end of the process waits for what was submitted; work that static destructors
/// submit after that runs on their own thread. A forked child has threads of its own, and leaves its parent's
/// jobs to the parent. Any thread.
class default_executor {
 public:
  /// Runs `f` in the caller's context.
  template <class F>
  void post(F&& f) const {
    auto bound = bind_context_once(std::forward<F>(f));
    if constexpr (std::is_copy_constructible_v<decltype(bound)>) {
      detail::post_to_default_executor(std::move(bound));
    } else {
      detail::post_to_default_executor(
          [shared = std::make_shared<decltype(bound)>(std::move(bound))] { (*shared)(); });
    }
  }
};

}  // namespace ctxlog
