// Where the calling thread keeps its context, found without a call.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>

#include "ctxlog/context.hpp"
#include "ctxlog/fiber.hpp"

namespace ctxlog::detail {

struct thread_stacks {
  stack_state own;
  stack_state* fiber;  // of the fiber that the thread lends itself to
};

// Trivially destructible, so thread_local and static destructors can still log with it. initial-exec, because
// the dynamic models may allocate at a thread's first access, which a signal handler must not.
extern constinit thread_local thread_stacks stacks_of_thread __attribute__((tls_model("initial-exec")));

// What set_context_storage() was given.
extern constinit std::atomic<context_storage* (*)() noexcept> find_storage;

// What current_stack() answers.
inline stack_state& active_stack() noexcept {
  if (const auto find = find_storage.load(std::memory_order_acquire)) [[unlikely]] {
    if (context_storage* const kept = find()) return kept->stack();
  }
  return stacks_of_thread.fiber ? *stacks_of_thread.fiber : stacks_of_thread.own;
}

// What current_node() answers.
inline const node* active_node() noexcept { return active_stack().current; }

}  // namespace ctxlog::detail
