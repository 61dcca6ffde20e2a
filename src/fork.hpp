// What fork() needs: locks in a known state, ids asked for again.
// SPDX-License-Identifier: MIT
#pragma once

namespace ctxlog::detail {

// Once per process.
void register_fork_handlers() noexcept;

}  // namespace ctxlog::detail
