// How a coroutine keeps its context over a co_await and gives the thread its own context back.
// SPDX-License-Identifier: MIT
#pragma once

#include <coroutine>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "ctxlog/context.hpp"
#include "ctxlog/coroutines/awaitable.hpp"
#include "ctxlog/coroutines/synthetic_frame.hpp"

namespace ctxlog::detail {

/// The context of one coroutine while it is suspended, and while it runs the one to give back to its thread.
/// Null is a context too, the empty one: what is held is told by the flag.
class coroutine_state {
 public:
  coroutine_state() noexcept = default;
  coroutine_state(const coroutine_state&) = delete;
  coroutine_state& operator=(const coroutine_state&) = delete;
  // Running here means that the frame was destroyed while suspended: see ~aware_awaiter.
  ~coroutine_state() {
    if (running_) leave();
    release(saved_);
  }

  /// What enter() will install.
  void begin_in(context first) noexcept { saved_ = first.release(); }
  void enter() noexcept {
    ambient_ = exchange_current(std::exchange(saved_, nullptr));
    running_ = true;
  }
  /// The coroutine runs in what is current, and changes only a copy.
  void adopt_current() noexcept {
    release(std::exchange(ambient_, share(current_node())));
    running_ = true;
  }
  void leave() noexcept {
    running_ = false;
    release(exchange_current(std::exchange(ambient_, nullptr)));
  }
  /// Gives nothing back: the thread is in somebody else's context.
  void abandon() noexcept {
    running_ = false;
    release(std::exchange(ambient_, nullptr));
  }

 private:
  friend class suspension;

  node* saved_ = nullptr;
  node* ambient_ = nullptr;
  bool running_ = false;
};

/// One attempt to suspend. Everything needed afterwards is here, on the thread's stack: once the inner
/// awaiter has the handle, the coroutine may run, or be destroyed, on another thread.
class suspension {
 public:
  explicit suspension(coroutine_state& state, bool& suspended) noexcept
      : state_(&state), suspended_(&suspended), ambient_(std::exchange(state.ambient_, nullptr)) {
    state.saved_ = share(current_node());
    state.running_ = false;
    suspended = true;
  }
  suspension(const suspension&) = delete;
  suspension& operator=(const suspension&) = delete;
  // Not suspended after all, by a result or an exception.
  ~suspension() {
    if (!state_) return;
    state_->ambient_ = ambient_;
    state_->running_ = true;
    release(exchange_current(std::exchange(state_->saved_, nullptr)));
    *suspended_ = false;
  }

  void give_back() noexcept {
    state_ = nullptr;
    release(exchange_current(ambient_));
  }

 private:
  coroutine_state* state_;
  bool* suspended_;
  node* ambient_;
};

/// The handle to give to an awaiter of a library whose promise type ours derives from.
template <class Awaiter, class Promise>
auto handle_for(std::coroutine_handle<Promise> own) noexcept {
  if constexpr (!suspends_with<Awaiter, std::coroutine_handle<Promise>> &&
                requires { typename Promise::library_promise; }) {
    return std::coroutine_handle<typename Promise::library_promise>::from_promise(own.promise());
  } else {
    return own;
  }
}

/// Awaits `A` for a coroutine whose promise, or coroutine_scope, holds a coroutine_state.
template <class A>
class aware_awaiter : synthetic_frame {
  using inner_type = typename kept_awaiter<A>::inner_type;

 public:
  aware_awaiter(A&& awaited, coroutine_state& state)
      : synthetic_frame{resume_self, destroy_self}, kept_(std::forward<A>(awaited)), state_(state) {}
  aware_awaiter(const aware_awaiter&) = delete;
  aware_awaiter& operator=(const aware_awaiter&) = delete;
  // The coroutine is destroyed while suspended here: its locals are next, and they end in its own context.
  ~aware_awaiter() {
    if (suspended_) state_.enter();
  }

  bool await_ready() { return static_cast<bool>(kept_.inner.await_ready()); }

  // Not inlined: clang up to 17 may otherwise place its locals in the coroutine frame (LLVM #56301, #65018).
  template <class Promise>
  [[gnu::noinline]] auto await_suspend(std::coroutine_handle<Promise> own) {
    const auto handle = handle_for<inner_type>(own);
    using result = decltype(kept_.inner.await_suspend(handle));
    suspension attempt(state_, suspended_);
    if constexpr (std::is_void_v<result>) {
      kept_.inner.await_suspend(handle);
      attempt.give_back();
    } else if constexpr (std::is_same_v<result, bool>) {
      if (!kept_.inner.await_suspend(handle)) return false;
      attempt.give_back();
      return true;
    } else {
      if (!transfer(own, handle)) return false;
      attempt.give_back();
      return true;
    }
  }

  decltype(auto) await_resume() {
    if (std::exchange(suspended_, false)) state_.enter();
    return kept_.inner.await_resume();
  }

 private:
  // Resumes what the inner awaiter hands over as a call, to get the thread back. False: `own` goes on here.
  template <class Own, class Handle>
  bool transfer(Own own, Handle handle) {
    if constexpr (suspends_with<inner_type, std::coroutine_handle<>>) {
      nested_drive drive;
      self_ = own;
      drive_ = drive.id();
      const std::coroutine_handle<> synthetic = this->handle();
      const std::coroutine_handle<> next = kept_.inner.await_suspend(synthetic);
      if (next == synthetic) return false;
      next.resume();
      return !drive.completed();
    } else {
      const std::coroutine_handle<> next = kept_.inner.await_suspend(handle);
      if (next == own) return false;
      next.resume();
      return true;
    }
  }

  static aware_awaiter* from(void* frame) noexcept {
    return static_cast<aware_awaiter*>(static_cast<synthetic_frame*>(frame));
  }
  static void resume_self(void* frame) {
    aware_awaiter* const awaiter = from(frame);
    if (!nested_drive::complete(awaiter->drive_)) awaiter->self_.resume();
  }
  static void destroy_self(void* frame) { from(frame)->self_.destroy(); }

  kept_awaiter<A> kept_;
  coroutine_state& state_;
  std::coroutine_handle<> self_;
  std::uint64_t drive_ = 0;
  bool suspended_ = false;
};

}  // namespace ctxlog::detail
