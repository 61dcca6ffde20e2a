// Regular expressions of the tests, in ECMAScript's syntax. std::regex takes seconds to compile: one source has it for all.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace regular_expression {

/// Whether it matches all of the text.
bool matches(const std::string& text, const std::string& expression);

/// The text with `by`, which may refer to groups as `$1`, in the place of every match.
std::string replaced(const std::string& text, const std::string& expression, const std::string& by);

/// The first group of every match.
std::vector<std::string> first_groups(const std::string& text, const std::string& expression);

}  // namespace regular_expression
