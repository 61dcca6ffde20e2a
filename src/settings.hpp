// The configuration that log calls read: an immutable snapshot, replaced as a whole.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "brief_mutex.hpp"
#include "ctxlog/config.hpp"
#include "ctxlog/encoder.hpp"
#include "ctxlog/field_set.hpp"
#include "ctxlog/patcher.hpp"
#include "ctxlog/pipeline.hpp"

namespace ctxlog::detail {

class engine;

// A sink in use. Threads that still hold an old snapshot find `target` empty after its removal.
struct sink_slot : std::enable_shared_from_this<sink_slot> {
  sink_id id = 0;
  sink_options options;
  bool of_environment = false;  // made by the library: follows the mode
  bool coloured = false;
  std::string name;  // of the target
  // Guards the target; the numbers change under it. A cache line away from what threads read before they take it.
  alignas(64) brief_mutex mutex;
  std::shared_ptr<sink> target;
  bool is_watched = false;  // by the flush timer; guarded by the mutex
  std::atomic<std::uint64_t> accepted{0}, written{0}, dropped{0};
};

// A cache line away from the count of its owners, which the consumer changes with each batch.
struct alignas(64) settings {
  std::shared_ptr<const field_set> fields;
  // All that the patchers read; nothing when one of them runs code of the application.
  std::optional<std::vector<variable_reader>> plain_variables = std::vector<variable_reader>();
  bool has_record_patchers = false;
  bool shut_down = false;
  std::vector<patcher> patchers;
  std::vector<std::shared_ptr<sink_slot>> sinks;
  std::optional<ctxlog::format> format;          // that the two encoders are for
  std::shared_ptr<const encoder> plain, colour;  // for sinks that brought no encoder
  std::shared_ptr<engine> async;                 // null: the sync pipeline

  // As LOG_FORMAT names it; empty for an encoder of the application's own.
  std::string_view schema_of(const sink_slot&) const noexcept;
  const encoder* encoder_for(const sink_slot& slot) const noexcept {
    if (slot.options.encoder) return slot.options.encoder.get();
    return slot.coloured ? colour.get() : plain.get();
  }
};

// Reads the environment on first use. Null only when memory ran out.
std::shared_ptr<const settings> current_settings() noexcept;

// Changes with every new snapshot; 0 before the first.
extern std::atomic<std::uint64_t> generation_of_settings;
inline std::uint64_t settings_generation() noexcept {
  return generation_of_settings.load(std::memory_order_acquire);
}

// From now on the pipeline is synchronous, whatever was chosen; what is pending stays with its engine.
void end_async_pipeline() noexcept;

// From now on every thread asks for the settings again.
void forget_settings() noexcept;

// For fork(): held while the process is copied, so that the child finds nothing half changed.
void lock_settings() noexcept;
void unlock_settings() noexcept;

}  // namespace ctxlog::detail
