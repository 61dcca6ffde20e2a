// Waiting for the first of several tasks.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "ctxlog/coroutines/branches.hpp"

namespace ctxlog {

/// Which one was first, and its result.
template <class T>
struct first_result {
  std::size_t index;
  T value;
};

namespace detail {

template <class Result, class... T, std::size_t... I>
Result take_first(std::tuple<branch<T>...>& branches, std::size_t first, std::index_sequence<I...>) {
  std::optional<Result> taken;
  const auto take = [&]<std::size_t Index>(std::integral_constant<std::size_t, Index>) {
    if (Index == first) taken.emplace(std::in_place_index<Index>, std::get<Index>(branches).take());
  };
  (take(std::integral_constant<std::size_t, I>()), ...);
  return std::move(*taken);
}

template <class... T>
task<first_result<std::variant<value_or_monostate<T>...>>> await_any(std::tuple<branch<T>...> branches) {
  using result = std::variant<value_or_monostate<T>...>;
  branch_group group(sizeof...(T), branch_group::stop_at::first_result);
  co_await group.all_of(branches);
  group.rethrow_failure();
  co_return first_result<result>{
      group.decisive(), take_first<result>(branches, group.decisive(), std::index_sequence_for<T...>())};
}

template <class T>
task<first_result<value_or_monostate<T>>> await_any(std::vector<branch<T>> branches) {
  branch_group group(branches.size(), branch_group::stop_at::first_result);
  co_await group.all_of(branches);
  group.rethrow_failure();
  co_return first_result<value_or_monostate<T>>{group.decisive(), branches[group.decisive()].take()};
}

}  // namespace detail

/// Awaited, it starts all of them, each in its own copy of the awaiting coroutine's context. The first to
/// complete wins: the others are asked to stop (this_task::stop_token()) and waited for, so that nothing runs
/// on behind its back; what they yield or throw is dropped. Yields the winner's index and a variant of its
/// result, std::monostate for void, or throws what the winner threw.
template <class... A>
  requires(sizeof...(A) > 0 && (detail::awaitable<A> && ...))
auto when_any(A&&... awaited) { return detail::await_any(detail::branches_of(std::forward<A>(awaited)...)); }

/// The same for a range, whose elements are moved from. Throws std::invalid_argument for an empty one: nothing
/// would ever be first.
template <detail::awaitable_range Range>
auto when_any(Range&& range) {
  auto branches = detail::branches_in(std::forward<Range>(range));
  if (branches.empty()) throw std::invalid_argument("ctxlog::when_any: expected at least one task, got none");
  return detail::await_any(std::move(branches));
}

}  // namespace ctxlog
