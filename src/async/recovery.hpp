// Delivering what processes of the same program left in their queues.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

namespace ctxlog::detail {

// Looks at the other queue files beside `own_file`, delivers what is in those whose process has ended and removes
// them; the number of records.
std::uint64_t recover_predecessors(const std::string& own_file) noexcept;

}  // namespace ctxlog::detail
