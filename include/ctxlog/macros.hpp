// Macros for the two things functions cannot do: not evaluate their arguments, and not be there at all.
// SPDX-License-Identifier: MIT
#pragma once

#include "ctxlog/level.hpp"
#include "ctxlog/logger.hpp"

/// Calls of the macros below this level (a number, see ctxlog::level) are removed when the program is
/// compiled; they are still checked. Define it for a whole program or for single source files.
#ifndef CTXLOG_STRIP_BELOW
#define CTXLOG_STRIP_BELOW 0
#endif

namespace ctxlog::detail {

consteval bool is_kept(level l, int lowest) { return static_cast<int>(l) >= lowest; }

}  // namespace ctxlog::detail

/// `CTXLOG_LOG(logger, level, message, arguments…)`: the arguments are evaluated only when the record is
/// made.
#define CTXLOG_LOG(logger_, level_, ...)                                        \
  do {                                                                          \
    if constexpr (::ctxlog::detail::is_kept(level_, CTXLOG_STRIP_BELOW)) {      \
      if (const auto& ctxlog_logger = (logger_); ctxlog_logger.enabled(level_)) \
        ctxlog_logger.log((level_), __VA_ARGS__);                               \
    }                                                                           \
  } while (false)

/// The same for the root logger.
#define CTXLOG_TRACE(...) CTXLOG_LOG(::ctxlog::detail::root_logger(), ::ctxlog::level::trace, __VA_ARGS__)
#define CTXLOG_DEBUG(...) CTXLOG_LOG(::ctxlog::detail::root_logger(), ::ctxlog::level::debug, __VA_ARGS__)
#define CTXLOG_INFO(...) CTXLOG_LOG(::ctxlog::detail::root_logger(), ::ctxlog::level::info, __VA_ARGS__)
#define CTXLOG_WARN(...) CTXLOG_LOG(::ctxlog::detail::root_logger(), ::ctxlog::level::warn, __VA_ARGS__)
#define CTXLOG_ERROR(...) CTXLOG_LOG(::ctxlog::detail::root_logger(), ::ctxlog::level::error, __VA_ARGS__)
#define CTXLOG_CRITICAL(...) \
  CTXLOG_LOG(::ctxlog::detail::root_logger(), ::ctxlog::level::critical, __VA_ARGS__)
