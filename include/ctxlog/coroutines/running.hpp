// A handle on work that runs by itself: to await, to ask to stop, or to drop.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <coroutine>
#include <memory>
#include <stop_token>
#include <string_view>
#include <utility>

#include "ctxlog/context.hpp"
#include "ctxlog/coroutines/outcome.hpp"
#include "ctxlog/coroutines/this_task.hpp"
#include "ctxlog/export.hpp"

namespace ctxlog {

template <class T>
class running;

namespace detail {

/// Where work was started, for the record of a failure that nobody waited for.
struct start_place {
  const char* file = "";
  int line = 0;
  const char* function = "";
};

/// What a handle and its work share. Ends with the last of them; a failure nobody asked for is logged then.
class CTXLOG_API work_state {
 public:
  work_state(context base, std::string_view name, const start_place& place);
  work_state(const work_state&) = delete;
  work_state& operator=(const work_state&) = delete;

  /// The context the work runs in.
  const context& where() const noexcept { return context_; }
  const std::stop_source& stop() const noexcept { return stop_; }

  bool done() const noexcept;
  /// False: it is done. Throws std::logic_error when another coroutine waits already.
  bool wait(std::coroutine_handle<> waiting);
  /// The waiting coroutine is being destroyed.
  void stop_waiting(std::coroutine_handle<> waiting) noexcept;
  /// Somebody takes the result: there will be nothing to report.
  void seen() noexcept { context_ = context(); }
  /// Returns whom to resume, after everything else.
  std::coroutine_handle<> finish(bool failed) noexcept;

 protected:
  ~work_state() = default;
  void report(const std::exception_ptr& failure) const noexcept;

 private:
  std::stop_source stop_;
  context context_;
  start_place place_;
  std::atomic<void*> waiting_{nullptr};  // the address of a coroutine; of this object when done
};

template <class T>
class work : public work_state {
 public:
  using work_state::work_state;
  ~work() {
    if (const auto unseen = result.failure()) report(unseen);
  }

  std::coroutine_handle<> finish() noexcept { return work_state::finish(result.failure() != nullptr); }

  outcome<T> result;
};

[[noreturn]] CTXLOG_API void throw_nothing_running();

/// Waits for work that others share. Destroyed meanwhile, it is not resumed.
template <class T>
class joining {
 public:
  explicit joining(std::shared_ptr<work<T>> joined) noexcept : work_(std::move(joined)) {}
  joining(joining&& other) noexcept : work_(std::move(other.work_)) {}
  joining& operator=(joining&&) = delete;
  ~joining() {
    if (waiting_) work_->stop_waiting(waiting_);
  }

  bool await_ready() const noexcept { return work_->done(); }
  bool await_suspend(std::coroutine_handle<> waiting) {
    const std::shared_ptr<work<T>> joined = work_;
    waiting_ = waiting;
    if (joined->wait(waiting)) return true;
    waiting_ = nullptr;
    return false;
  }
  T await_resume() {
    waiting_ = nullptr;
    work_->seen();
    return work_->result.take();
  }

 private:
  std::shared_ptr<work<T>> work_;
  std::coroutine_handle<> waiting_;
};

}  // namespace detail

/// Work that was started and goes on by itself: `co_await` waits for it and yields its result, once, or throws
/// what it threw; the awaiting coroutine goes on on the thread that completed the work. Dropped, the work goes
/// on; an exception that nobody awaits is logged at level error, in the context of the work. Any thread; one
/// coroutine may wait at a time.
template <class T = void>
class running {
 public:
  /// False for a handle that was awaited or moved from.
  bool valid() const noexcept { return work_ != nullptr; }
  bool done() const noexcept { return work_ && work_->done(); }
  /// Asks the work to stop, see this_task::stop_token(); whether it does is its own business.
  void request_stop() const noexcept {
    if (work_) work_->stop().request_stop();
  }

  /// Throws std::logic_error when the handle is not valid().
  detail::joining<T> operator co_await() {
    if (!work_) detail::throw_nothing_running();
    return detail::joining<T>(std::move(work_));
  }

  /// For ctxlog's own layers.
  explicit running(std::shared_ptr<detail::work<T>> started) noexcept : work_(std::move(started)) {}

 private:
  std::shared_ptr<detail::work<T>> work_;
};

}  // namespace ctxlog
