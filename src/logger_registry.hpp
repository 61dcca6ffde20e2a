// The names of loggers and their levels: `a.b` inherits from `a`, `a` from the root.
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string_view>

#include "ctxlog/level.hpp"

namespace ctxlog::detail {

inline constexpr std::string_view root_name = "root";

// The level of `name` ("" for the root) and of the names below that have none of their own; nothing: inherit
// again.
void set_logger_level(std::string_view name, std::optional<level>);
// As set_logger_level(), for levels that code may have set before: those stay.
void set_default_level(std::string_view name, level);
void forget_logger_levels();
level effective_level(std::string_view name);

void lock_loggers() noexcept;
void unlock_loggers() noexcept;

}  // namespace ctxlog::detail
