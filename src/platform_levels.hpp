// What a platform calls our levels.
// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "ctxlog/level.hpp"

namespace ctxlog::detail {

struct shown_level {
  std::string_view name;
  bool own_name;  // the level has no equivalent: its own name is written as well
};

// A level of the application's own is shown as the next lower one; between info and warn platforms have one more.
struct platform_levels {
  std::string_view trace, debug, info, notice, warn, error, critical;

  constexpr shown_level of(level l) const noexcept {
    if (l < level::info) return {l < level::debug ? trace : debug, l != level::trace && l != level::debug};
    if (l < level::warn) return {l == level::info ? info : notice, l != level::info};
    if (l < level::error) return {warn, l != level::warn};
    if (l < level::critical) return {error, l != level::error};
    return {critical, l != level::critical};
  }
};

}  // namespace ctxlog::detail
