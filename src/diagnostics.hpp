// What the library has to say about itself, on standard error.
// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace ctxlog::detail {

// One line "ctxlog: …" on descriptor 2, data made safe for a terminal. For things that happen once.
void report(std::string_view text) noexcept;

enum class trouble { sink, patcher, recursion, after_shutdown };

// At most one line a second for each kind of trouble; the next line says how many were left out.
void report_trouble(trouble, std::string_view text) noexcept;

}  // namespace ctxlog::detail
