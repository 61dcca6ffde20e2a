// Calling a function on another thread and awaiting what it returns.
// SPDX-License-Identifier: MIT
#pragma once

#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <stop_token>
#include <tuple>
#include <type_traits>
#include <utility>

#include "ctxlog/coroutines/executor.hpp"
#include "ctxlog/coroutines/running.hpp"
#include "ctxlog/coroutines/this_task.hpp"

namespace ctxlog {
namespace detail {

/// A call on its way to another thread, owned by what the executor was given.
template <class T, class F, class... Args>
class submitted_call {
 public:
  template <class Function, class... Arguments>
  explicit submitted_call(std::shared_ptr<work<T>> result, Function&& function, Arguments&&... arguments)
      : work_(std::move(result)),
        call_(std::in_place, std::forward<Function>(function), std::forward<Arguments>(arguments)...) {
    with_caller_.emplace(this_task::stop_token(), pass_stop_on{work_->stop()});
  }
  submitted_call(const submitted_call&) = delete;
  submitted_call& operator=(const submitted_call&) = delete;
  ~submitted_call() {
    if (!work_) return;
    call_.reset();
    work_->result.fail(std::make_exception_ptr(std::future_error(std::future_errc::broken_promise)));
    finish();
  }

  void operator()() noexcept {
    work_->where().run([this] {
      work_->result.set_result_of([this]() -> T {
        return std::apply([](auto&&... all) -> T { return std::invoke(std::move(all)...); },
                          std::move(*call_));
      });
      call_.reset();  // in the context it ran in
    });
    finish();
  }

 private:
  void finish() noexcept {
    with_caller_.reset();
    const auto waiting = std::exchange(work_, nullptr)->finish();
    waiting.resume();
  }

  std::shared_ptr<work<T>> work_;
  std::optional<std::tuple<F, Args...>> call_;
  std::optional<std::stop_callback<pass_stop_on>> with_caller_;
};

}  // namespace detail

/// Calls `f(args...)` on a thread of `executor`, in a copy of the context current here. The call is submitted
/// at once, whether or not the result is awaited; f and the arguments are moved or copied into it, as for
/// std::thread (std::ref for a reference). Awaiting yields what f returns or throws, and the coroutine goes
/// on on the executor's thread; dropped, see running. f can ask this_task::stop_token(): it is told through the
/// handle, and with its caller. The executor is anything that context_pool knows, or an Asio executor or pool,
/// and is used during this call only. An executor that drops the call without running it makes it fail with
/// std::future_error (broken_promise). Throws what the executor throws.
template <class Executor, class F, class... Args>
auto run_on(Executor&& executor, F&& f, Args&&... args) {
  using result = std::invoke_result_t<std::decay_t<F>, std::decay_t<Args>...>;
  using call = detail::submitted_call<result, std::decay_t<F>, std::decay_t<Args>...>;
  auto submitted = std::make_shared<detail::work<result>>(
      context::current(), "", detail::start_place{__builtin_FILE(), __builtin_LINE(), __builtin_FUNCTION()});
  try {
    detail::submit(executor, [shared = std::make_shared<call>(submitted, std::forward<F>(f),
                                                              std::forward<Args>(args)...)] { (*shared)(); });
  } catch (...) {
    submitted->result.forget();  // the caller knows
    throw;
  }
  return running<result>(std::move(submitted));
}

/// run_on() the default_executor: for functions that block, with no pool to set up.
template <class F, class... Args>
auto to_thread(F&& f, Args&&... args) {
  return run_on(default_executor(), std::forward<F>(f), std::forward<Args>(args)...);
}

}  // namespace ctxlog
