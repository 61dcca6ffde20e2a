// Values as people read them inside a sentence.
// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>

#include "ctxlog/value.hpp"

namespace ctxlog::detail {

// Strings as they are (not escaped), numbers as fmt prints them, durations with their unit (1.5ms), times as
// RFC 3339, arrays and objects as JSON.
void append_text(fmt::memory_buffer& out, const value&);

}  // namespace ctxlog::detail
