// Names of levels: a table of 256 slots that is only ever added to.
// SPDX-License-Identifier: MIT
#include "ctxlog/level.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <mutex>
#include <stdexcept>
#include <string>

#include "text/ascii.hpp"

namespace ctxlog {
namespace {

struct level_text {
  std::string_view name, label, icon;
};

constexpr level_text trace_text{"trace", "TRACE", "✏️"}, debug_text{"debug", "DEBUG", "🐞"},
    info_text{"info", "INFO", "ℹ️"}, warn_text{"warn", "WARNING", "⚠️"},
    error_text{"error", "ERROR", "❌"}, critical_text{"critical", "CRITICAL", "☠️"},
    off_text{"off", "OFF", " "};

constexpr std::size_t index(level l) { return static_cast<std::size_t>(l); }

// Constant-initialised, so that levels have names before main() and after it.
constinit std::array<std::atomic<const level_text*>, 256> defined{};
constinit std::array<std::atomic<const level_text*>, 256> unnamed{};
constinit std::mutex table_mutex;

// Never freed: records hold views of the names. An allocation that fails leaves the number without a name.
const level_text* keep(std::string_view name, std::string_view label, std::string_view icon) {
  const std::string all = fmt::format("{}{}{}", name, label, icon);
  char* bytes = new char[all.size()];
  std::copy(all.begin(), all.end(), bytes);
  return new level_text{{bytes, name.size()},
                        {bytes + name.size(), label.size()},
                        {bytes + name.size() + label.size(), icon.size()}};
}

// Null for a number that has no name.
const level_text* named(level l) noexcept {
  switch (l) {
    case level::trace:
      return &trace_text;
    case level::debug:
      return &debug_text;
    case level::info:
      return &info_text;
    case level::warn:
      return &warn_text;
    case level::error:
      return &error_text;
    case level::critical:
      return &critical_text;
    case level::off:
      return &off_text;
    default:
      return defined[index(l)].load(std::memory_order_acquire);
  }
}

const level_text& text_of(level l) noexcept {
  if (const level_text* known = named(l)) return *known;
  auto& slot = unnamed[index(l)];
  if (const level_text* made = slot.load(std::memory_order_acquire)) return *made;
  try {
    const std::lock_guard lock(table_mutex);
    if (!slot.load(std::memory_order_relaxed))
      slot.store(keep(fmt::format("level {}", index(l)), fmt::format("Level {}", index(l)), " "),
                 std::memory_order_release);
    return *slot.load(std::memory_order_relaxed);
  } catch (...) {
    static constexpr level_text nameless{"level", "Level", " "};
    return nameless;
  }
}

bool well_formed(std::string_view name) {
  return !name.empty() &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == std::string_view::npos;
}

}  // namespace

level define_level(std::string_view name, std::uint8_t number, std::string_view icon) {
  const auto value = static_cast<level>(number);
  const std::string lowered = detail::lowered(name);
  if (number == 0 || value == level::off)
    throw std::invalid_argument(fmt::format("level \"{}\": number {} is not from 1 to 254", name, number));
  if (!well_formed(lowered))
    throw std::invalid_argument(fmt::format("level \"{}\": a name is of letters, digits, _ and -", name));
  if (const auto known = parse_level(lowered); known && *known != value)
    throw std::invalid_argument(
        fmt::format("level \"{}\" is already number {}, not {}", name, index(*known), number));
  const std::lock_guard lock(table_mutex);
  const level_text* present = named(value);
  if (present && present->name != lowered)
    throw std::invalid_argument(
        fmt::format("level {} is already named \"{}\", not \"{}\"", number, present->name, name));
  if (!present) defined[number].store(keep(lowered, detail::uppered(name), icon), std::memory_order_release);
  return value;
}

std::string_view level_name(level l) noexcept { return text_of(l).name; }
std::string_view level_label(level l) noexcept { return text_of(l).label; }
std::string_view level_icon(level l) noexcept { return text_of(l).icon; }

std::optional<level> parse_level(std::string_view text) noexcept {
  constexpr std::size_t longest = 64;
  char lowered_bytes[longest];
  if (text.empty() || text.size() > longest) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); ++i) lowered_bytes[i] = detail::lower(text[i]);
  const std::string_view lowered(lowered_bytes, text.size());

  for (std::size_t i = 1; i < defined.size(); ++i)
    if (const level_text* t = named(static_cast<level>(i)); t && t->name == lowered)
      return static_cast<level>(i);
  if (lowered == "warning") return level::warn;
  if (lowered == "err") return level::error;
  if (lowered == "fatal") return level::critical;
  if (lowered == "none") return level::off;

  unsigned number = 0;
  const auto [end, error] = std::from_chars(lowered.data(), lowered.data() + lowered.size(), number);
  if (error == std::errc{} && end == lowered.data() + lowered.size() && number >= 1 && number <= 254)
    return static_cast<level>(number);
  return std::nullopt;
}

}  // namespace ctxlog
