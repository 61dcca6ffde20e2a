// Finding contexts that leak: what is bound, what is alive, and a probe for event loops.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "ctxlog/context.hpp"

// With the environment variable CTXLOG_DEBUG set (to anything but 0), every leak that a probe finds and every
// mismatch (context.hpp) is also printed on stderr, in one line that names the variables.

namespace ctxlog {

/// Names of the variables that `snapshot` binds, in the order of their first use in the process. Ambient fields
/// count as one variable.
CTXLOG_API std::vector<std::string_view> bound_variables(const context& snapshot = context::current());

/// Contexts alive in this process: snapshots, and what threads, tasks and queued work hold. It goes back to its
/// earlier value when a request's work is done, else something keeps that request. Exact when no other thread
/// is changing contexts.
CTXLOG_API std::int64_t live_contexts() noexcept;

/// Called by a probe for each leak, on the thread that has it, with the context that was left there.
using leak_handler = void (*)(const context& left) noexcept;

/// Null (the default) for none. Returns the previous handler. Any thread.
CTXLOG_API leak_handler set_leak_handler(leak_handler handler) noexcept;

/// Leaks that probes found in this process so far.
CTXLOG_API std::uint64_t leak_count() noexcept;

/// To be called where a thread has no work at hand: posted to an event loop or run by its timer, between the
/// jobs of a worker. Whatever is bound there was left by earlier work, and the next would log it. Post it
/// plainly: a helper that carries the context would show the poster's. Changes nothing.
struct leak_probe {
  CTXLOG_API void operator()() const noexcept;
};

}  // namespace ctxlog
