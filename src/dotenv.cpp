// Environment variables from a file.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>

#include "ctxlog/config.hpp"
#include "diagnostics.hpp"
#include "text/trim.hpp"

namespace ctxlog {
namespace {

using detail::trimmed;

bool is_name(std::string_view text) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
  return !text.empty() && text.find_first_not_of(letters) == text.npos && !(text[0] >= '0' && text[0] <= '9');
}

struct parsed_line {
  std::string_view name, value;
  std::string_view expected = {};  // what the line lacks; empty: nothing
};

// A quoted value is what stands between the quotes; a plain one ends at " #".
void read_value(std::string_view text, parsed_line& line) {
  if (text.empty() || (text[0] != '"' && text[0] != '\'')) {
    line.value = trimmed(text.substr(0, text.find(" #")));
    return;
  }
  const std::size_t close = text.find(text[0], 1);
  if (close == text.npos) {
    line.expected = "a closing quote";
    return;
  }
  const std::string_view rest = trimmed(text.substr(close + 1));
  if (!rest.empty() && rest[0] != '#') line.expected = "nothing but a comment after the closing quote";
  line.value = text.substr(1, close - 1);
}

parsed_line parse(std::string_view text) {
  constexpr std::string_view prefix = "export ";
  if (text.starts_with(prefix)) text = trimmed(text.substr(prefix.size()));
  const std::size_t equals = text.find('=');
  if (equals == text.npos) return {{}, {}, "NAME=value"};
  parsed_line line{trimmed(text.substr(0, equals)), {}};
  if (!is_name(line.name)) return {{}, {}, "a name of letters, digits and _ before ="};
  read_value(trimmed(text.substr(equals + 1)), line);
  return line;
}

// A value may be a secret, and so may a line that is no assignment: neither is shown.
void report_line(const std::string& path, int number, const parsed_line& line) {
  const std::string subject = line.name.empty() ? "" : fmt::format("{}: ", line.name);
  detail::report(
      fmt::format("{}:{}: {}expected {}; the line is skipped", path, number, subject, line.expected));
}

}  // namespace

bool load_dotenv(const std::string& path) {
  std::ifstream file(path);
  if (!file) return false;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    const std::string_view text = trimmed(line);
    if (text.empty() || text[0] == '#') continue;
    const parsed_line found = parse(text);
    if (found.expected.empty())
      ::setenv(std::string(found.name).c_str(), std::string(found.value).c_str(), 0);
    else
      report_line(path, number, found);
  }
  return true;
}

}  // namespace ctxlog
