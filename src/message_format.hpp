// Filling the holes of a message.
// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>

#include <span>
#include <string_view>

#include "ctxlog/message.hpp"
#include "ctxlog/record.hpp"

namespace ctxlog::detail {

// Appends `text`, whose holes are `holes` when they are known, filled from `arguments` and from the fields of the
// record. Throws what formatters throw and std::runtime_error for a message that cannot be filled; `out` then holds a
// part of it.
void format_message(fmt::memory_buffer& out, std::string_view text, const plain_holes& holes,
                    std::span<const argument> arguments, const record& fields);

}  // namespace ctxlog::detail
