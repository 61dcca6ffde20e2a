// The names of loggers and their levels.
// SPDX-License-Identifier: MIT
#include "logger_registry.hpp"

#include <map>
#include <mutex>
#include <string>

#include "ctxlog/logger.hpp"
#include "settings.hpp"

namespace ctxlog::detail {

constinit logger_node root_node{root_name};

namespace {

struct own_level {
  level value;
  bool by_code;
};

struct registry {
  std::map<std::string, logger_node, std::less<>> nodes;
  std::map<std::string, own_level, std::less<>> levels;  // the root's under ""

  level level_of(std::string_view name) const {
    for (;;) {
      if (const auto found = levels.find(name); found != levels.end()) return found->second.value;
      if (name.empty()) return level::info;
      const std::size_t dot = name.rfind('.');
      name = dot == std::string_view::npos ? std::string_view() : name.substr(0, dot);
    }
  }

  // Before the environment is read, thresholds stay 0 and lead the first call there.
  void apply() {
    if (settings_generation() == 0) return;
    root_node.threshold.store(static_cast<std::uint8_t>(level_of("")), std::memory_order_relaxed);
    for (auto& [name, node] : nodes)
      node.threshold.store(static_cast<std::uint8_t>(level_of(name)), std::memory_order_relaxed);
  }
};

constinit std::mutex registry_mutex;

// Never destroyed: loggers are used in static destructors too.
registry& loggers() {
  static registry& instance = *new registry;
  return instance;
}

std::string_view canonical(std::string_view name) { return name == root_name ? std::string_view() : name; }

void change_level(std::string_view name, std::optional<own_level> own) {
  const std::lock_guard lock(registry_mutex);
  registry& all = loggers();
  name = canonical(name);
  if (own)
    all.levels.insert_or_assign(std::string(name), *own);
  else if (const auto found = all.levels.find(name); found != all.levels.end())
    all.levels.erase(found);
  all.apply();
}

}  // namespace

logger_node& find_node(std::string_view name) {
  name = canonical(name);
  if (name.empty()) return root_node;
  const std::lock_guard lock(registry_mutex);
  registry& all = loggers();
  if (const auto found = all.nodes.find(name); found != all.nodes.end()) return found->second;
  const auto [node, inserted] = all.nodes.try_emplace(std::string(name), std::string_view());
  node->second.name = node->first;
  if (settings_generation() != 0)
    node->second.threshold.store(static_cast<std::uint8_t>(all.level_of(name)), std::memory_order_relaxed);
  return node->second;
}

void set_logger_level(std::string_view name, std::optional<level> value) {
  change_level(name, value ? std::optional(own_level{*value, true}) : std::nullopt);
}

void set_default_level(std::string_view name, level value) {
  const std::lock_guard lock(registry_mutex);
  registry& all = loggers();
  own_level& own =
      all.levels.try_emplace(std::string(canonical(name)), own_level{value, false}).first->second;
  if (!own.by_code) own.value = value;
  all.apply();
}

void forget_logger_levels() {
  const std::lock_guard lock(registry_mutex);
  loggers().levels.clear();
}

level effective_level(std::string_view name) {
  const std::lock_guard lock(registry_mutex);
  return loggers().level_of(canonical(name));
}

void lock_loggers() noexcept { registry_mutex.lock(); }
void unlock_loggers() noexcept { registry_mutex.unlock(); }

}  // namespace ctxlog::detail
