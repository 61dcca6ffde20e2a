// What CTXLOG_DEBUG prints about contexts.
// SPDX-License-Identifier: MIT
#pragma once

#include "ctxlog/context.hpp"

namespace ctxlog::detail {

/// Whether the environment had CTXLOG_DEBUG set when this was first asked.
bool debugging() noexcept;

void print_mismatch(const mismatch_info&) noexcept;

}  // namespace ctxlog::detail
