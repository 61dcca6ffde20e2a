// The one place that compiles std::regex for the tests.
// SPDX-License-Identifier: MIT
#include "regular_expression.hpp"

#include <regex>

namespace regular_expression {

bool matches(const std::string& text, const std::string& expression) {
  return std::regex_match(text, std::regex(expression));
}

std::string replaced(const std::string& text, const std::string& expression, const std::string& by) {
  return std::regex_replace(text, std::regex(expression), by);
}

std::vector<std::string> first_groups(const std::string& text, const std::string& expression) {
  const std::regex compiled(expression);
  std::vector<std::string> groups;
  for (std::sregex_iterator found(text.begin(), text.end(), compiled), end; found != end; ++found)
    groups.push_back((*found)[1]);
  return groups;
}

}  // namespace regular_expression
