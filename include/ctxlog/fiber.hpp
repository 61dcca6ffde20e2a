// Fibers, and engines whose tasks keep their context themselves.
// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <utility>

#include "ctxlog/context.hpp"

namespace ctxlog {
namespace detail {

/// Says to which fiber's stack the calling thread lends itself (null: none), and returns which it was.
CTXLOG_API stack_state* exchange_fiber(stack_state* next) noexcept;

}  // namespace detail

/// The context of one stackful fiber (ucontext, Boost.Context, Boost.Fiber, a game engine's jobs): its
/// scheduler exchanges it with the thread's at every switch, on whichever thread the fiber goes on. Must
/// outlive the fiber. Not for two threads at once, as the fiber is not.
class fiber_slot {
 public:
  /// The fiber starts with what its creator has bound, unless another context is given.
  explicit fiber_slot(context initial = context::current()) noexcept : stack_{initial.release()} {}
  fiber_slot(const fiber_slot&) = delete;
  fiber_slot& operator=(const fiber_slot&) = delete;
  ~fiber_slot() { detail::release(stack_.current); }

  /// Called in pairs: right before control goes to the fiber, and right after it came back (or went to another
  /// fiber), by the thread that lends itself. Exchanges one pointer.
  void swap() noexcept { other_ = detail::exchange_fiber(other_); }

  /// Both calls around `switch_to_fiber`, which returns when the fiber yields or ends, or throws.
  template <class F>
  decltype(auto) resume(F&& switch_to_fiber) {
    struct swapped {
      fiber_slot& slot;
      explicit swapped(fiber_slot& s) noexcept : slot(s) { slot.swap(); }
      ~swapped() { slot.swap(); }
    } const swapped_in(*this);
    return std::invoke(std::forward<F>(switch_to_fiber));
  }

 private:
  detail::stack_state stack_;
  detail::stack_state* other_ = &stack_;  // while the fiber runs, what the thread lent itself to before
};

/// Where one task of an engine keeps its context: for engines that show no switch to hook into and forbid
/// thread-locals, such as userver. Give each task one, in the engine's own task-local storage, and tell
/// set_context_storage() how to find it. Used by its task only.
class context_storage {
 public:
  explicit context_storage(context initial = context::current()) noexcept : stack_{initial.release()} {}
  context_storage(const context_storage&) = delete;
  context_storage& operator=(const context_storage&) = delete;
  ~context_storage() { detail::release(std::exchange(stack_.current, nullptr)); }

  /// For ctxlog's own layers.
  detail::stack_state& stack() noexcept { return stack_; }

 private:
  detail::stack_state stack_;
};

/// From now on the calling task's context is in what `find` returns; where it returns null (threads that are
/// not the engine's), in the thread as before. `find` is called at every access to the context, from any
/// thread, must not allocate or log, and must answer the same throughout a task. Null removes it. Set it
/// before the engine starts.
CTXLOG_API void set_context_storage(context_storage* (*find)() noexcept) noexcept;

}  // namespace ctxlog
