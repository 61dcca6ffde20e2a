// Asio on ctxlog: an executor and a token that carry the context. Boost.Asio with CTXLOG_USE_BOOST_ASIO.
// SPDX-License-Identifier: MIT
#pragma once

#ifdef CTXLOG_USE_BOOST_ASIO
#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/execution.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/version.hpp>
#define CTXLOG_ASIO_VERSION BOOST_ASIO_VERSION
#else
#include <asio/associated_allocator.hpp>
#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/execution.hpp>
#include <asio/prefer.hpp>
#include <asio/query.hpp>
#include <asio/require.hpp>
#include <asio/strand.hpp>
#include <asio/version.hpp>
#define CTXLOG_ASIO_VERSION ASIO_VERSION
#endif

#include <concepts>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "ctxlog/propagate.hpp"

namespace ctxlog::asio {
namespace detail {

#ifdef CTXLOG_USE_BOOST_ASIO
namespace net = ::boost::asio;
#else
namespace net = ::asio;
#endif

template <class Property>
inline constexpr bool is_prefer_only = false;
template <class Property>
inline constexpr bool is_prefer_only<net::execution::prefer_only<Property>> = true;

/// A context or none, in one word: the executor has to fit the small buffer of any_io_executor.
class optional_context {
 public:
  optional_context() noexcept = default;
  explicit optional_context(context held) noexcept
      : word_(reinterpret_cast<std::uintptr_t>(held.release()) | engaged) {}
  optional_context(const optional_context& other) noexcept : word_(other.word_) {
    ctxlog::detail::share(node());
  }
  optional_context(optional_context&& other) noexcept : word_(std::exchange(other.word_, 0)) {}
  optional_context& operator=(optional_context other) noexcept {
    std::swap(word_, other.word_);
    return *this;
  }
  ~optional_context() {
    if (word_) ctxlog::detail::release(node());
  }

  context value_or_current() const noexcept {
    return word_ ? context::adopt(ctxlog::detail::share(node())) : context::current();
  }
  bool operator==(const optional_context& other) const noexcept { return word_ == other.word_; }

 private:
  static constexpr std::uintptr_t engaged = 1;  // nodes are aligned to more than that

  ctxlog::detail::node* node() const noexcept {
    return reinterpret_cast<ctxlog::detail::node*>(word_ & ~engaged);
  }

  std::uintptr_t word_ = 0;
};

}  // namespace detail

/// Executor that runs every handler in the right context and gives the thread its own back afterwards:
/// what is submitted (post, dispatch, defer, co_spawn) runs in its submitter's context; what completes an
/// asynchronous operation runs in the context that started the operation, whichever thread completes it.
/// Coroutines spawned on it therefore keep their context over every co_await, also of I/O objects that have
/// another executor. Copies are safe in any thread. Inside a coroutine, `awaitable`s called with co_await
/// share the caller's context: scopes are balanced, a plain set() in the callee is seen by the caller. A work
/// guard on a context_executor keeps the context current at its construction alive: guard inner() instead. A
/// strand must be inside, not around: context_executor(make_strand(io)), never
/// make_strand(any_io_executor(ex)), which would run the handlers of one task in the context of another that
/// happens to be in the strand.
template <class Executor>
class context_executor {
 public:
  using inner_executor_type = Executor;

  // A template, so that copying does not ask whether this converts to an any_io_executor.
  template <std::same_as<Executor> Inner>
  explicit context_executor(Inner inner) noexcept : inner_(std::move(inner)) {}

  const Executor& inner() const noexcept { return inner_; }

  template <class F>
  void execute(F&& f) const {
    auto bound = bind_context_once(std::forward<F>(f), pinned_.value_or_current());
#if CTXLOG_ASIO_VERSION >= 102900
    inner_.execute(std::move(bound));
#else
    detail::net::execution::execute(inner_, std::move(bound));  // the members of these executors are private
#endif
  }

  template <class Property>
    requires(detail::net::can_require<const Executor&, Property>::value)
  auto require(const Property& property) const {
    return wrap(detail::net::require(inner_, property), pin_for<Property>());
  }

  // prefer_only<> is left to Asio, which unwraps it and comes back: taken here, the pin would be lost in
  // any_io_executor.
  template <class Property>
    requires(!detail::is_prefer_only<Property> &&
             !detail::net::can_require<const Executor&, Property>::value &&
             detail::net::can_prefer<const Executor&, Property>::value)
  auto prefer(const Property& property) const {
    return wrap(detail::net::prefer(inner_, property), pin_for<Property>());
  }

  template <class Property>
    requires(detail::net::can_query<const Executor&, Property>::value)
  decltype(auto) query(const Property& property) const
      noexcept(noexcept(detail::net::query(std::declval<const Executor&>(), property))) {
    return detail::net::query(inner_, property);
  }

  friend bool operator==(const context_executor& a, const context_executor& b) noexcept {
    return a.inner_ == b.inner_ && a.pinned_ == b.pinned_;
  }
  friend bool operator!=(const context_executor& a, const context_executor& b) noexcept { return !(a == b); }

 private:
  template <class>
  friend class context_executor;

  context_executor(Executor inner, detail::optional_context pinned) noexcept
      : inner_(std::move(inner)), pinned_(std::move(pinned)) {}

  // Asio asks for tracked work where it initiates an operation: that is the moment whose context counts.
  template <class Property>
  detail::optional_context pin_for() const noexcept {
    using outstanding_work = detail::net::execution::outstanding_work_t;
    if constexpr (std::is_same_v<Property, outstanding_work::tracked_t>) {
      return detail::optional_context(context::current());
    } else if constexpr (std::is_same_v<Property, outstanding_work::untracked_t>) {
      return {};
    } else {
      return pinned_;
    }
  }

  template <class Inner>
  static context_executor<Inner> wrap(Inner inner, detail::optional_context pinned) noexcept {
    return context_executor<Inner>(std::move(inner), std::move(pinned));
  }

  Executor inner_;
  detail::optional_context pinned_;
};

template <class Executor>
context_executor(Executor) -> context_executor<Executor>;

namespace detail {

template <class Handler>
struct context_handler {
  template <class... Args>
  void operator()(Args&&... args) {
    context_guard guard(std::move(captured));
    Handler own = std::move(handler);
    std::move(own)(std::forward<Args>(args)...);
  }

  context captured;
  Handler handler;
};

template <class Token>
struct context_token {
  Token token;
};

}  // namespace detail

/// Completion token: as `token`, but the handler runs in the context in which the operation is started. For
/// I/O objects whose executor cannot be a context_executor. In a coroutine, with_context(use_awaitable) keeps
/// the context over that co_await; what the coroutine binds before its first co_await stays on the thread
/// that spawned it, unless it was spawned inside context::run() or on a context_executor.
template <class Token>
[[nodiscard]] auto with_context(Token&& token) {
  return detail::context_token<std::decay_t<Token>>{std::forward<Token>(token)};
}

}  // namespace ctxlog::asio

#ifdef CTXLOG_USE_BOOST_ASIO
namespace boost::asio {
#else
namespace asio {
#endif

/// make_strand(context_executor) turned inside out: a strand around a context_executor would submit a whole
/// batch of handlers in the context of one of them.
template <class Executor>
class strand<ctxlog::asio::context_executor<Executor>>
    : public ctxlog::asio::context_executor<strand<Executor>> {
 public:
  using inner_executor_type = ctxlog::asio::context_executor<Executor>;

  explicit strand(const inner_executor_type& executor) noexcept
      : ctxlog::asio::context_executor<strand<Executor>>(strand<Executor>(executor.inner())) {}

  bool running_in_this_thread() const noexcept { return this->inner().running_in_this_thread(); }
};

#if CTXLOG_ASIO_VERSION >= 102000
template <template <class, class> class Associator, class Handler, class Default>
struct associator<Associator, ctxlog::asio::detail::context_handler<Handler>, Default>
    : Associator<Handler, Default> {
  static decltype(auto) get(const ctxlog::asio::detail::context_handler<Handler>& wrapped) noexcept {
    return Associator<Handler, Default>::get(wrapped.handler);
  }
  static decltype(auto) get(const ctxlog::asio::detail::context_handler<Handler>& wrapped,
                            const Default& fallback) noexcept {
    return Associator<Handler, Default>::get(wrapped.handler, fallback);
  }
};
#else
template <class Handler, class Default>
struct associated_executor<ctxlog::asio::detail::context_handler<Handler>, Default>
    : associated_executor<Handler, Default> {
  static auto get(const ctxlog::asio::detail::context_handler<Handler>& wrapped,
                  const Default& fallback = Default()) noexcept {
    return associated_executor<Handler, Default>::get(wrapped.handler, fallback);
  }
};

template <class Handler, class Default>
struct associated_allocator<ctxlog::asio::detail::context_handler<Handler>, Default>
    : associated_allocator<Handler, Default> {
  static auto get(const ctxlog::asio::detail::context_handler<Handler>& wrapped,
                  const Default& fallback = Default()) noexcept {
    return associated_allocator<Handler, Default>::get(wrapped.handler, fallback);
  }
};
#endif

template <class Token, class Signature>
class async_result<ctxlog::asio::detail::context_token<Token>, Signature> {
 public:
  template <class Initiation, class RawToken, class... Args>
  static auto initiate(Initiation&& initiation, RawToken&& token, Args&&... args) {
    auto start = [initiation = std::forward<Initiation>(initiation)](auto&& handler, auto&&... rest) mutable {
      using handler_type = std::decay_t<decltype(handler)>;
      std::move(initiation)(
          ctxlog::asio::detail::context_handler<handler_type>{ctxlog::context::current(),
                                                              std::forward<decltype(handler)>(handler)},
          std::forward<decltype(rest)>(rest)...);
    };
    return async_initiate<Token, Signature>(std::move(start), token.token, std::forward<Args>(args)...);
  }
};

}  // namespace asio
