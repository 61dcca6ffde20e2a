// The process id without a system call for each record.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace ctxlog::detail {

std::int64_t process_id() noexcept;

// In the child of a fork.
void forget_process_id() noexcept;

}  // namespace ctxlog::detail
