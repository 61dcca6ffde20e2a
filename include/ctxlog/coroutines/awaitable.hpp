// What can be awaited, what that yields, and how an awaiter keeps what it was made of.
// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <coroutine>
#include <tuple>
#include <type_traits>
#include <utility>

namespace ctxlog::detail {

template <class A>
concept has_member_co_await = requires(A&& a) {
  std::forward<A>(a).operator co_await();
};
template <class A>
concept has_free_co_await = requires(A&& a) {
  operator co_await(std::forward<A>(a));
};
template <class A>
concept is_awaiter = requires(std::remove_reference_t<A>& a) {
  { a.await_ready() } -> std::convertible_to<bool>;
  a.await_resume();
};
template <class A>
concept awaitable = has_member_co_await<A> || has_free_co_await<A> || is_awaiter<A>;

template <class A>
decltype(auto) get_awaiter(A&& a) {
  if constexpr (has_member_co_await<A>) {
    return std::forward<A>(a).operator co_await();
  } else if constexpr (has_free_co_await<A>) {
    return operator co_await(std::forward<A>(a));
  } else {
    return std::forward<A>(a);
  }
}

// An awaited lvalue is referred to, a movable rvalue is taken over; any other rvalue stays where it is, for a
// temporary lives to the end of the co_await expression.
template <class A>
using kept_awaitable =
    std::conditional_t<std::is_lvalue_reference_v<A>, A,
                       std::conditional_t<std::is_move_constructible_v<std::remove_cvref_t<A>>,
                                          std::remove_cvref_t<A>, std::remove_reference_t<A>&&>>;

template <class A>
using awaiter_of = decltype(get_awaiter(std::declval<kept_awaitable<A>&&>()));

// What co_await yields; an rvalue reference would dangle once the awaiter is gone.
template <class A>
using await_result =
    std::conditional_t<std::is_lvalue_reference_v<decltype(std::declval<awaiter_of<A>&>().await_resume())>,
                       decltype(std::declval<awaiter_of<A>&>().await_resume()),
                       std::remove_cvref_t<decltype(std::declval<awaiter_of<A>&>().await_resume())>>;

// The awaitable and the awaiter made of it. A is as deduced for a forwarding reference.
template <class A>
struct kept_awaiter {
  using inner_type =
      std::conditional_t<std::is_reference_v<awaiter_of<A>>, awaiter_of<A>, std::remove_cv_t<awaiter_of<A>>>;

  explicit kept_awaiter(A&& a)
      : awaited(std::forward<A>(a)), inner(get_awaiter(static_cast<kept_awaitable<A>&&>(awaited))) {}
  kept_awaiter(const kept_awaiter&) = delete;
  kept_awaiter& operator=(const kept_awaiter&) = delete;

  kept_awaitable<A> awaited;
  inner_type inner;
};

// What await_transform() of some libraries passes on must be movable, as awaiters of ours are not: they are
// made of this when the await begins.
template <template <class> class Awaiter, class A, class... Bound>
class movable_awaitable {
 public:
  explicit movable_awaitable(A&& a, Bound&... bound) : awaited_(std::forward<A>(a)), bound_(bound...) {}

  Awaiter<A> operator co_await() {  // once; not only for rvalues, because some libraries ask an lvalue
    return std::apply([this](Bound&... bound) { return Awaiter<A>(static_cast<A&&>(awaited_), bound...); },
                      bound_);
  }

 private:
  kept_awaitable<A> awaited_;
  std::tuple<Bound&...> bound_;
};

template <class Awaiter, class Handle>
concept suspends_with = requires(std::remove_reference_t<Awaiter>& a, Handle h) {
  a.await_suspend(h);
};

}  // namespace ctxlog::detail
