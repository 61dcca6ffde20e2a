// A coroutine of a foreign type made to keep its context, from the inside.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <utility>

#include "ctxlog/context.hpp"
#include "ctxlog/coroutines/aware_awaiter.hpp"
#include "ctxlog/export.hpp"

namespace ctxlog {

/// First statement of a coroutine whose type is not ours: `coroutine_scope scope;`, and in it every await as
/// `co_await scope(x)`. The coroutine then runs in its own copy of the context it was started in, over all
/// those awaits; its starter, and everybody who resumes it, has his own context back at each suspension and
/// at the end. After an await that was not wrapped the context is lost, but never left on a thread: such
/// misuse is counted (mismatch_count()). Costs two allocations, and none for each await.
class CTXLOG_API coroutine_scope {
 public:
  coroutine_scope();
  coroutine_scope(const coroutine_scope&) = delete;
  coroutine_scope& operator=(const coroutine_scope&) = delete;
  ~coroutine_scope();

  template <class A>
  [[nodiscard]] auto operator()(A&& awaited) {
    if (!in_own_context()) adopt_foreign_context();
    return detail::movable_awaitable<detail::aware_awaiter, A, detail::coroutine_state>(
        std::forward<A>(awaited), state_);
  }

 private:
  bool in_own_context() const noexcept;
  void adopt_foreign_context();

  detail::coroutine_state state_;
  std::uint64_t id_;
};

}  // namespace ctxlog
