// Waiting for several tasks that run side by side.
// SPDX-License-Identifier: MIT
#pragma once

#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "ctxlog/coroutines/branches.hpp"

namespace ctxlog {
namespace detail {

template <class... T>
task<std::tuple<value_or_monostate<T>...>> await_all(std::tuple<branch<T>...> branches) {
  branch_group group(sizeof...(T), branch_group::stop_at::first_failure);
  co_await group.all_of(branches);
  group.rethrow_failure();
  co_return std::apply([](auto&... each) { return std::tuple<value_or_monostate<T>...>{each.take()...}; },
                       branches);
}

template <class T>
using all_in_range = std::conditional_t<std::is_void_v<T>, void, std::vector<value_or_monostate<T>>>;

template <class T>
task<all_in_range<T>> await_all(std::vector<branch<T>> branches) {
  branch_group group(branches.size(), branch_group::stop_at::first_failure);
  co_await group.all_of(branches);
  group.rethrow_failure();
  if constexpr (!std::is_void_v<T>) {
    std::vector<T> results;
    results.reserve(branches.size());
    for (auto& each : branches) results.push_back(each.take());
    co_return results;
  }
}

}  // namespace detail

/// Awaited, it starts all of them, each in its own copy of the awaiting coroutine's context, and completes
/// when every one has: nothing runs on behind its back. Yields a tuple of the results, std::monostate for
/// void. When one throws, the others are asked to stop (this_task::stop_token()), and the first exception is
/// thrown in the end. Takes tasks, running<T> and whatever else can be awaited.
template <class... A>
  requires(detail::awaitable<A>&&...)
auto when_all(A&&... awaited) { return detail::await_all(detail::branches_of(std::forward<A>(awaited)...)); }

/// The same for a range, whose elements are moved from: yields a vector of the results in the range's order,
/// or nothing when they are void.
template <detail::awaitable_range Range>
auto when_all(Range&& range) {
  return detail::await_all(detail::branches_in(std::forward<Range>(range)));
}

}  // namespace ctxlog
