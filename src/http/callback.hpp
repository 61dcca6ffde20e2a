// Running the callbacks that a program gives in its HTTP options.
// SPDX-License-Identifier: MIT
#pragma once

#include "diagnostics.hpp"
#include "pipeline_delivery.hpp"

namespace ctxlog::http::detail {

// False when the callback threw, which is counted and reported.
template <class F>
bool guarded(F&& callback) noexcept {
  try {
    callback();
    return true;
  } catch (...) {
    ctxlog::detail::count_patch_error();
    ctxlog::detail::report_trouble(ctxlog::detail::trouble::patcher, "a callback of the HTTP options threw");
    return false;
  }
}

}  // namespace ctxlog::http::detail
