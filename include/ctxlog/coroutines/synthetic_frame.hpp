// Handles to things that are no coroutines, and the nested calls that resume coroutines for us.
// SPDX-License-Identifier: MIT
#pragma once

#include <coroutine>
#include <cstdint>

#include "ctxlog/export.hpp"

namespace ctxlog::detail {

/// How g++ and clang begin every coroutine frame. The standard knows no such handles; stdexec and
/// Boost.Cobalt rely on them too.
struct synthetic_frame {
  void (*resume)(void*);
  void (*destroy)(void*);

  std::coroutine_handle<> handle() noexcept { return std::coroutine_handle<>::from_address(this); }
};

/// Base of what a coroutine continues with when it ends: Derived::complete() is called then.
template <class Derived>
class completion : public synthetic_frame {
 protected:
  completion() noexcept
      : synthetic_frame{
            [](void* frame) { static_cast<Derived*>(static_cast<synthetic_frame*>(frame))->complete(); },
            [](void*) {}} {}
};

/// While it lives, its stack (of a thread, a fiber or an engine's task) resumes coroutines that an awaiter
/// has handed over. What comes back to the awaiter meanwhile, on this stack, is noted instead of resumed:
/// loops of awaits that complete at once need no further stack, whether or not the compiler makes tail calls.
/// Lives on that stack, and moves between threads with it.
class CTXLOG_API nested_drive {
 public:
  nested_drive() noexcept;
  nested_drive(const nested_drive&) = delete;
  nested_drive& operator=(const nested_drive&) = delete;
  ~nested_drive();

  /// Never the same twice in a process, unlike the address.
  std::uint64_t id() const noexcept { return id_; }
  bool completed() const noexcept { return completed_; }

  /// Whether `id` is the innermost drive of this stack, which is then completed.
  static bool complete(std::uint64_t id) noexcept;

 private:
  std::uint64_t id_;
  nested_drive* outer_;
  bool completed_ = false;
};

/// Never the same twice in a process, never 0.
CTXLOG_API std::uint64_t unique_id() noexcept;

}  // namespace ctxlog::detail
