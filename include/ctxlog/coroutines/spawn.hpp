// Starting a task that goes on by itself.
// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "ctxlog/coroutines/basic_task.hpp"
#include "ctxlog/coroutines/running.hpp"
#include "ctxlog/coroutines/synthetic_frame.hpp"

namespace ctxlog {
namespace detail {

template <class T>
class spawned_work final : public work<T>, public completion<spawned_work<T>> {
 public:
  spawned_work(task<T> body, std::string_view name, const start_place& place)
      : work<T>(body.startable().promise().start_context(), name, place), body_(std::move(body)) {}

  static void start(const std::shared_ptr<spawned_work>& own) {
    own->keep_ = own;
    const auto coroutine = own->body_->startable();
    coroutine.promise().start_in(own->where());
    coroutine.promise().start(own->handle());
    coroutine.resume();
  }

  void complete() noexcept {
    this->where().run([this] {
      this->result = std::move(body_->promise().result);
      body_.reset();
    });
    const auto waiting = std::exchange(keep_, nullptr)->finish();
    waiting.resume();
  }

 private:
  std::optional<task<T>> body_;
  std::shared_ptr<spawned_work> keep_;  // while the task runs
};

template <class F>
std::invoke_result_t<F&> call_kept(F f) {
  co_return co_await std::invoke(f);
}

}  // namespace detail

/// Starts `body` on the calling thread; returns when it first suspends. It runs in a copy of the caller's
/// context, taken here, and may outlive the caller; what it was given by reference must outlive it. Every
/// record of the task carries `name`, of any length, as the field `task`; a task without a name keeps its
/// starter's. The result may be dropped: see running. Throws std::bad_alloc, and std::logic_error for a task
/// that was started already.
template <class T>
running<T> spawn(task<T> body, std::string_view name = {}, const char* file = __builtin_FILE(),
                 const char* function = __builtin_FUNCTION(), int line = __builtin_LINE()) {
  using work_type = detail::spawned_work<T>;
  const auto started =
      std::make_shared<work_type>(std::move(body), name, detail::start_place{file, line, function});
  work_type::start(started);
  return running<T>(started);
}

/// The same for what returns a task: `f` lives as long as the task, so that a coroutine lambda may capture.
template <class F>
  requires detail::is_task < std::invoke_result_t < std::decay_t<F>
& >> auto spawn(F&& f, std::string_view name = {}, const char* file = __builtin_FILE(),
                const char* function = __builtin_FUNCTION(), int line = __builtin_LINE()) {
  return ctxlog::spawn(detail::call_kept<std::decay_t<F>>(std::forward<F>(f)), name, file, function, line);
}

}  // namespace ctxlog
