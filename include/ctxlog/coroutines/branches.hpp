// Tasks that run side by side for one coroutine, which waits for all of them.
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <atomic>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <ranges>
#include <stop_token>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "ctxlog/coroutines/basic_task.hpp"
#include "ctxlog/coroutines/synthetic_frame.hpp"
#include "ctxlog/coroutines/this_task.hpp"

namespace ctxlog::detail {

template <class... Branches, class F>
void for_each_branch(std::tuple<Branches...>& branches, F f) {
  std::apply([&](auto&... each) { (f(each), ...); }, branches);
}
template <class Branch, class F>
void for_each_branch(std::vector<Branch>& branches, F f) {
  std::ranges::for_each(branches, f);
}

/// What the branches of one when_all() or when_any() share; lives in the frame of the coroutine that waits.
class branch_group {
 public:
  enum class stop_at : bool { first_failure, first_result };

  branch_group(std::size_t size, stop_at policy) noexcept : policy_(policy), left_(size + 1) {}
  branch_group(const branch_group&) = delete;
  branch_group& operator=(const branch_group&) = delete;

  /// The branch that decided: the first to fail or, under first_result, to complete.
  std::size_t decisive() const noexcept { return decisive_; }
  void rethrow_failure() const {
    if (failure_) std::rethrow_exception(failure_);
  }
  std::stop_token stop_token() const noexcept { return stop_.get_token(); }

  void arrive(std::size_t branch, std::exception_ptr failure) noexcept {
    const bool decides = failure || policy_ == stop_at::first_result;
    if (decides && !decided_.exchange(true, std::memory_order_relaxed)) {
      decisive_ = branch;
      failure_ = std::move(failure);
      stop_.request_stop();
    }
    failure = nullptr;
    if (count_down()) waiting_.resume();
  }

  /// Starts all of `branches` when awaited, unless one cannot be; resumes when the last has arrived.
  template <class Branches>
  auto all_of(Branches& branches) noexcept {
    struct awaiter {
      bool await_ready() const noexcept { return false; }
      bool await_suspend(std::coroutine_handle<> waiting) {
        std::size_t index = 0;
        for_each_branch(branches, [&](auto& branch) { branch.join(group, index++); });
        group.waiting_ = waiting;
        for_each_branch(branches, [](auto& branch) { branch.start(); });
        return !group.count_down();
      }
      void await_resume() const noexcept {}
      branch_group& group;
      Branches& branches;
    };
    return awaiter{*this, branches};
  }

 private:
  bool count_down() noexcept { return left_.fetch_sub(1, std::memory_order_acq_rel) == 1; }

  stop_at policy_;
  std::atomic<std::size_t> left_;  // branches, and the coroutine that starts them
  std::atomic<bool> decided_{false};
  std::size_t decisive_ = 0;
  std::exception_ptr failure_;
  std::coroutine_handle<> waiting_;
  std::stop_source stop_;
  std::stop_callback<pass_stop_on> outer_{this_task::stop_token(), pass_stop_on{stop_}};
};

template <class T>
class branch final : public completion<branch<T>> {
 public:
  explicit branch(task<T> body) : body_(std::move(body)) { body_.startable(); }

  void join(branch_group& group, std::size_t index) {
    group_ = &group;
    index_ = index;
    auto& promise = body_.promise();
    promise.start_in(context_for_task(promise.start_context(), group.stop_token()));
  }
  void start() {
    const auto coroutine = body_.startable();
    coroutine.promise().start(this->handle());
    coroutine.resume();
  }
  void complete() noexcept { group_->arrive(index_, body_.promise().result.failure()); }

  /// Once it is complete.
  value_or_monostate<T> take() {
    if constexpr (std::is_void_v<T>) {
      body_.promise().result.take();
      return {};
    } else {
      return body_.promise().result.take();
    }
  }

 private:
  task<T> body_;
  branch_group* group_ = nullptr;
  std::size_t index_ = 0;
};

template <class... A>
auto branches_of(A&&... awaited) {
  return std::tuple<branch<task_value<A>>...>{branch<task_value<A>>(as_task(std::forward<A>(awaited)))...};
}

template <class Range>
concept awaitable_range =
    std::ranges::input_range<Range> && awaitable<std::ranges::range_value_t<Range>> && !awaitable<Range>;

template <awaitable_range Range>
auto branches_in(Range&& range) {
  using element = std::ranges::range_value_t<Range>;
  std::vector<branch<task_value<element>>> branches;
  for (auto& each : range) branches.emplace_back(as_task(element(std::move(each))));
  return branches;
}

}  // namespace ctxlog::detail
