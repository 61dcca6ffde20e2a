// Waiting for a task where there is no coroutine: in main(), in a test.
// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <mutex>
#include <utility>

#include "ctxlog/coroutines/basic_task.hpp"
#include "ctxlog/coroutines/synthetic_frame.hpp"

namespace ctxlog {
namespace detail {

class blocked_thread final : public completion<blocked_thread> {
 public:
  void complete() noexcept {
    const std::lock_guard lock(mutex_);
    done_ = true;
    changed_.notify_one();  // under the lock: the waiting thread destroys this
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return done_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
};

}  // namespace detail

/// Starts the task (or anything else that can be awaited) on the calling thread, in a copy of its context, and
/// blocks until it is complete. Returns its result or throws what it threw. Not for coroutines and event
/// loops: blocking there what the task waits for is a deadlock.
template <class A>
auto sync_wait(A&& awaited) -> detail::task_value<A> {
  const auto body = detail::as_task(std::forward<A>(awaited));
  const auto coroutine = body.startable();
  detail::blocked_thread caller;
  coroutine.promise().start(caller.handle());
  coroutine.resume();
  caller.wait();
  return coroutine.promise().result.take();
}

}  // namespace ctxlog
