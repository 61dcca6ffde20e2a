// Reading the environment.
// SPDX-License-Identifier: MIT
#include "environment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "diagnostics.hpp"
#include "text/ascii.hpp"
#include "text/trim.hpp"

namespace ctxlog::detail {
namespace {

std::string_view variable(const char* name) {
  const char* const value = std::getenv(name);
  return value ? value : "";
}

template <class T, std::size_t N>
std::optional<T> named(std::string_view text, const std::pair<std::string_view, T> (&names)[N]) {
  const std::string wanted = lowered(text);
  for (const auto& [name, meaning] : names)
    if (name == wanted) return meaning;
  return std::nullopt;
}

mode read_mode() {
  static constexpr std::pair<std::string_view, mode> names[] = {
      {"dev", mode::dev},   {"development", mode::dev}, {"local", mode::dev},   {"test", mode::dev},
      {"prod", mode::prod}, {"production", mode::prod}, {"staging", mode::prod}};
  const std::string_view text = trimmed(variable("ENV"));
  if (text.empty()) return mode::dev;
  if (const auto known = named(text, names)) return *known;
  report(fmt::format(
      "ENV=\"{}\" is none of DEV, development, dev, local, test, PROD, production, prod, staging; "
      "PROD is assumed",
      variable("ENV")));
  return mode::prod;
}

constexpr std::pair<std::string_view, format> format_names[] = {
    {"pretty", format::pretty}, {"json", format::json},       {"ecs", format::ecs},
    {"gcp", format::gcp},       {"datadog", format::datadog}, {"otlp", format::otlp},
    {"loguru", format::loguru}, {"logfmt", format::logfmt}};

std::optional<format> read_format() {
  const std::string_view text = trimmed(variable("LOG_FORMAT"));
  if (text.empty()) return std::nullopt;
  const auto known = named(text, format_names);
  if (!known)
    report(fmt::format(
        "LOG_FORMAT=\"{}\" is none of pretty, json, ecs, gcp, datadog, otlp, loguru, logfmt; it is ignored",
        variable("LOG_FORMAT")));
  return known;
}

bool set_and_not_zero(std::string_view text) { return !text.empty() && text != "0"; }

// https://no-color.org and https://bixense.com/clicolors: what forbids comes before what demands.
std::optional<bool> read_colour() {
  if (!variable("NO_COLOR").empty()) return false;
  if (set_and_not_zero(variable("FORCE_COLOR")) || set_and_not_zero(variable("CLICOLOR_FORCE"))) return true;
  if (variable("CLICOLOR") == "0") return false;
  if (const auto terminal = variable("TERM"); terminal.empty() || terminal == "dumb") return false;
  return std::nullopt;
}

pipeline read_pipeline() {
  static constexpr std::pair<std::string_view, bool> names[] = {
      {"1", true},  {"true", true},   {"yes", true}, {"on", true},   {"async", true},
      {"0", false}, {"false", false}, {"no", false}, {"off", false}, {"sync", false}};
  const std::string_view text = trimmed(variable("LOG_ASYNC"));
  const auto known = text.empty() ? false : named(text, names);
  if (!known)
    report(fmt::format(
        "LOG_ASYNC=\"{}\" is none of 1, true, yes, on, async, 0, false, no, off, sync; it is ignored",
        variable("LOG_ASYNC")));
  if (!known.value_or(false)) return sync_pipeline();
  return async_pipeline{.directory = std::string(variable("LOG_QUEUE_DIR"))};
}

}  // namespace

level_directives parse_levels(std::string_view text, std::string_view where) {
  level_directives result;
  while (!text.empty()) {
    const std::string_view part = take_part(text);
    if (part.empty()) continue;
    const std::size_t equals = part.find('=');
    const std::string_view name = equals == part.npos ? std::string_view() : trimmed(part.substr(0, equals));
    const auto parsed = parse_level(equals == part.npos ? part : trimmed(part.substr(equals + 1)));
    if (!parsed || (equals != part.npos && name.empty())) {
      report(fmt::format(
          "{}: \"{}\" is skipped; expected LEVEL or LOGGER=LEVEL with trace, debug, info, warn, error, "
          "critical, off or a number from 1 to 254",
          where, part));
      continue;
    }
    result.emplace_back(name, *parsed);
  }
  return result;
}

std::string_view name_of(format f) noexcept {
  for (const auto& [name, meaning] : format_names)
    if (meaning == f) return name;
  return {};
}

environment read_environment() {
  environment result;
  result.mode = read_mode();
  result.format = read_format();
  result.levels = parse_levels(variable("LOG_LEVEL"), "LOG_LEVEL");
  result.file = variable("LOG_FILE");
  result.colour = read_colour();
  result.pipeline = read_pipeline();
  return result;
}

}  // namespace ctxlog::detail
