// Environment variables from a file.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "ctxlog/config.hpp"
#include "diagnostics.hpp"

namespace ctxlog {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

bool is_name(std::string_view text) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
  return !text.empty() && text.find_first_not_of(letters) == text.npos && !(text[0] >= '0' && text[0] <= '9');
}

// A quoted value is what stands between the quotes; a plain one ends at " #".
std::optional<std::string_view> value_of(std::string_view text) {
  if (text.empty()) return text;
  if (text[0] == '"' || text[0] == '\'') {
    const std::size_t close = text.find(text[0], 1);
    if (close == text.npos) return std::nullopt;
    const std::string_view rest = trimmed(text.substr(close + 1));
    if (!rest.empty() && rest[0] != '#') return std::nullopt;
    return text.substr(1, close - 1);
  }
  return trimmed(text.substr(0, text.find(" #")));
}

std::optional<std::pair<std::string_view, std::string_view>> assignment(std::string_view line) {
  constexpr std::string_view prefix = "export ";
  if (line.starts_with(prefix)) line = trimmed(line.substr(prefix.size()));
  const std::size_t equals = line.find('=');
  if (equals == line.npos) return std::nullopt;
  const std::string_view name = trimmed(line.substr(0, equals));
  const auto value = value_of(trimmed(line.substr(equals + 1)));
  if (!is_name(name) || !value) return std::nullopt;
  return std::pair(name, *value);
}

}  // namespace

bool load_dotenv(const std::string& path) {
  std::ifstream file(path);
  if (!file) return false;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    const std::string_view text = trimmed(line);
    if (text.empty() || text[0] == '#') continue;
    if (const auto found = assignment(text))
      ::setenv(std::string(found->first).c_str(), std::string(found->second).c_str(), 0);
    else
      detail::report(fmt::format("{}:{}: \"{}\" is not KEY=value; it is skipped", path, number, text));
  }
  return true;
}

}  // namespace ctxlog
