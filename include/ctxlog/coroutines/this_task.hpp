// What a task can ask about itself.
// SPDX-License-Identifier: MIT
#pragma once

#include <stop_token>
#include <string>
#include <string_view>

#include "ctxlog/context.hpp"
#include "ctxlog/export.hpp"

namespace ctxlog {

/// Both are kept in the context: any function that the work calls can ask, on any thread it goes to.
namespace this_task {

/// The name given to spawn(), of this task or the nearest one that it was started by; empty when there is
/// none.
CTXLOG_API std::string name();

/// Tells this work to stop: asked through its handle (running::request_stop()), by when_all() after a failure
/// or by when_any() after the first result. Never, when nobody can ask. What a task awaits, and what
/// it gives to run_on() and to_thread(), is told with it; what it spawns only through its own handle.
CTXLOG_API std::stop_token stop_token() noexcept;

}  // namespace this_task

namespace detail {

/// `base` with this stop token and, unless empty, this name, which records show as the field `task`.
CTXLOG_API context context_for_task(context base, std::stop_token stop, std::string_view name = {});

/// For a std::stop_callback: passes a stop request on to `source`. The callback may be destroyed while it runs,
/// for stopping can complete the work that owns it.
struct pass_stop_on {
  void operator()() const noexcept { std::stop_source(source).request_stop(); }
  std::stop_source source;
};

}  // namespace detail
}  // namespace ctxlog
