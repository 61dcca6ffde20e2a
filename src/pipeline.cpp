// The synchronous pipeline: sinks, their accounts, and delivery on the calling thread.
// SPDX-License-Identifier: MIT
#include "ctxlog/pipeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <optional>

#include "ctxlog/record.hpp"
#include "diagnostics.hpp"
#include "pipeline_delivery.hpp"
#include "settings.hpp"

namespace ctxlog {
namespace detail {
namespace {

constinit std::atomic<std::uint64_t> undelivered{0}, patch_errors{0};
constinit std::atomic<bool> exiting{false};

constinit std::mutex removed_mutex;
constinit std::uint64_t removed_accepted = 0, removed_written = 0, removed_dropped = 0;

void report_loss(const sink& target, std::string_view why) noexcept {
  try {
    report_trouble(trouble::sink, fmt::format("sink {}: {}; a record is lost", target.name(), why));
  } catch (...) {  // out of memory
  }
}

bool wanted(const sink_slot& to, const record& rec) noexcept {
  if (rec.level() < to.options.level) return false;
  if (!to.options.filter) return true;
  try {
    return to.options.filter(rec);
  } catch (...) {
    count_patch_error();
    report_trouble(trouble::patcher, "a filter threw; the record passes");
    return true;
  }
}

// Empty: the line could not be encoded.
std::string_view encode(const encoder& with, const record& rec, fmt::memory_buffer& line) noexcept {
  line.clear();
  try {
    with.encode(rec, line);
    return {line.data(), line.size()};
  } catch (...) {
    return {};
  }
}

// Whether the sink took the line; says why when it did not.
bool offer(sink& target, const record& rec, std::string_view line) noexcept {
  try {
    const activity_scope writing(activity::writing);
    const std::error_code error =
        line.empty() ? make_error_code(std::errc::not_enough_memory) : target.write(rec, line);
    if (!error) return true;
    report_loss(target, error.message());
  } catch (const std::exception& e) {
    report_loss(target, e.what());
  } catch (...) {
    report_loss(target, "an exception that is no std::exception");
  }
  return false;
}

bool flush(sink& target) noexcept {
  try {
    const activity_scope writing(activity::writing);
    const std::error_code error = target.flush();
    if (error) report_trouble(trouble::sink, fmt::format("sink {}: {}", target.name(), error.message()));
    return !error;
  } catch (...) {
    return false;
  }
}

void write(sink_slot& to, const record& rec, std::string_view line) noexcept {
  const std::lock_guard lock(to.mutex);
  if (!to.target) return;  // removed meanwhile
  ++to.accepted;
  ++(offer(*to.target, rec, line) ? to.written : to.dropped);
  if (exiting.load(std::memory_order_relaxed)) flush(*to.target);
}

bool flush(sink_slot& slot) noexcept {
  const std::lock_guard lock(slot.mutex);
  return !slot.target || flush(*slot.target);
}

}  // namespace

void retire(sink_slot& slot) noexcept {
  flush(slot);
  std::shared_ptr<sink> last;  // its destructor runs without the lock
  {
    const std::lock_guard lock(slot.mutex);
    last.swap(slot.target);
  }
  const std::lock_guard lock(removed_mutex);
  removed_accepted += slot.accepted;
  removed_written += slot.written;
  removed_dropped += slot.dropped;
}

void count_undelivered() noexcept { undelivered.fetch_add(1, std::memory_order_relaxed); }
void count_patch_error() noexcept { patch_errors.fetch_add(1, std::memory_order_relaxed); }

void deliver(const settings& present, const record& rec, fmt::memory_buffer& line) noexcept {
  if (present.shut_down || current_activity() >= activity::delivering) {
    count_undelivered();
    if (present.shut_down)
      report_trouble(trouble::after_shutdown, "records are made after shutdown() and lost");
    else
      report_trouble(trouble::recursion,
                     "a record made inside a filter, an encoder or a sink is lost: it could not end");
    return;
  }
  const activity_scope delivering(activity::delivering);
  const encoder* encoded_by = nullptr;
  std::string_view encoded;
  for (const auto& slot : present.sinks) {
    if (!wanted(*slot, rec)) continue;
    const encoder* const chosen = present.encoder_for(*slot);
    if (chosen != encoded_by) {
      encoded_by = chosen;
      encoded = encode(*encoded_by, rec, line);
    }
    write(*slot, rec, encoded);
  }
}

bool flush_sinks() noexcept {
  const auto present = current_settings();
  if (!present) return false;
  bool all = true;
  for (const auto& slot : present->sinks) all = flush(*slot) && all;
  return all;
}

void flush_at_exit() noexcept {
  exiting.store(true, std::memory_order_relaxed);
  flush_sinks();
}

}  // namespace detail

record_filter levels_by_logger(std::initializer_list<std::pair<std::string_view, level>> levels) {
  std::vector<std::pair<std::string, level>> table(levels.begin(), levels.end());
  return [table = std::move(table)](const record& rec) {
    const std::string_view name = rec.logger();
    const std::pair<std::string, level>* nearest = nullptr;
    for (const auto& entry : table) {
      const bool covers = entry.first.empty() || name == entry.first ||
                          (name.starts_with(entry.first) && name[entry.first.size()] == '.');
      if (covers && (!nearest || entry.first.size() > nearest->first.size())) nearest = &entry;
    }
    return !nearest || (nearest->second != level::off && rec.level() >= nearest->second);
  };
}

statistics stats() {
  statistics result;
  result.undelivered = detail::undelivered.load(std::memory_order_relaxed);
  result.patch_errors = detail::patch_errors.load(std::memory_order_relaxed);
  if (const auto present = detail::current_settings())
    for (const auto& slot : present->sinks) {
      const std::lock_guard lock(slot->mutex);
      if (!slot->target) continue;
      result.sinks.push_back(
          {std::string(slot->target->name()), slot->accepted, slot->written, slot->dropped});
    }
  const std::lock_guard lock(detail::removed_mutex);
  result.removed = {"removed", detail::removed_accepted, detail::removed_written, detail::removed_dropped};
  return result;
}

bool flush() { return detail::flush_sinks(); }

}  // namespace ctxlog
