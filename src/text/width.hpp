// How many terminal cells a text takes.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string_view>

namespace ctxlog::detail {

/// Cells that `text` takes in a terminal: 2 for East Asian wide characters and emoji, 0 for combining marks,
/// 1 for everything else, ill-formed bytes included. Independent of the locale. The text is meant to be
/// escaped already: control and format characters count as one cell.
std::size_t display_width(std::string_view text);

}  // namespace ctxlog::detail
