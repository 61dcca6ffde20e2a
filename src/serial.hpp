// Numbers that name contents: of contexts and of field sets.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace ctxlog::detail {

// Never 0, and never given twice in a process. Threads do not meet at a counter.
std::uint64_t next_serial() noexcept;

}  // namespace ctxlog::detail
