// What the environment variables say, with one line on standard error for each that means nothing.
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ctxlog/config.hpp"

namespace ctxlog::detail {

using level_directives = std::vector<std::pair<std::string, level>>;  // the root's name is empty

// "warn,net=debug": a part that is no directive is reported with `where` and skipped; of two for one name the
// later wins.
level_directives parse_levels(std::string_view text, std::string_view where);

struct environment {
  ctxlog::mode mode = ctxlog::mode::dev;
  std::optional<ctxlog::format> format;
  level_directives levels;
  std::string file;  // empty: a standard stream
  // What the colour variables say; nothing: it depends on the terminal.
  std::optional<bool> colour;
  ctxlog::pipeline pipeline;
};

environment read_environment();

// As LOG_FORMAT has it.
std::string_view name_of(format) noexcept;

}  // namespace ctxlog::detail
