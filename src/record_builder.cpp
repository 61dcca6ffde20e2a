// Putting a record together.
// SPDX-License-Identifier: MIT
#include "record_builder.hpp"

#include <algorithm>

#include "ctxlog/ambient.hpp"
#include "ctxlog/logger.hpp"
#include "diagnostics.hpp"
#include "message_format.hpp"
#include "pipeline_delivery.hpp"
#include "thread_info.hpp"

namespace ctxlog::detail {
namespace {

bool contains(std::span<const field> fields, std::string_view key) noexcept {
  return std::any_of(fields.begin(), fields.end(), [&](const field& f) { return f.key == key; });
}

void enter(std::optional<patching_scope>& scope) {
  if (!scope) scope.emplace();
}

}  // namespace

origin origin_here(wall_clock& clock, level l, const call_site& site, std::string_view logger) noexcept {
  const thread_info& thread = this_thread_info();
  return {l,          std::chrono::sys_time<std::chrono::nanoseconds>(std::chrono::nanoseconds(clock.now())),
          site.where, logger,
          site.text,  thread.id,
          thread.name};
}

const field_set* ambient_fields() noexcept {
  const cell* held = slot(current_node(), ambient_slot);
  return held ? &static_cast<const cell_of<field_set>*>(held)->value : nullptr;
}

const field_set& context_patching::run(const patcher& of_context, std::optional<patching_scope>& scope) {
  const patcher::body& p = *of_context.body_;
  const std::uint64_t snapshot = serial_of(current_node());
  if (runs_ == memory_.contexts.size()) memory_.contexts.emplace_back();
  context_fields& kept = memory_.contexts[runs_++];
  if (kept.patcher != p.id || kept.snapshot != snapshot) {
    kept.patcher = 0;
    kept.fields.clear();
    enter(scope);
    p.per_context(kept.fields);
    kept.patcher = p.id;
    kept.snapshot = snapshot;
  }
  return kept.fields;
}

record_builder::record_builder(scratch& memory, const origin& from) : memory_(memory), contexts_(memory) {
  record_.level_ = from.level;
  record_.time_ = from.time;
  record_.where_ = from.where;
  record_.logger_ = from.logger;
  record_.thread_id_ = from.thread_id;
  record_.thread_name_ = from.thread_name;
  record_.template_ = from.message_template;
  record_.memory_ = &memory.memory;
  record_.cache_ = &memory.encoded;
}

void record_builder::add_call_fields(const field_run& run) {
  if (run.constant_keys) return record_.append(run);
  field_run checked = run;
  checked.keys = 0;
  bool repeated = false;
  for (std::size_t i = 0; i < run.size; ++i) {
    const std::uint64_t bit = key_bit(run.first[i].key);
    if ((checked.keys & bit) != 0) repeated |= contains(run.fields().first(i), run.first[i].key);
    checked.keys |= bit;
  }
  if (!repeated) return record_.append(checked);
  for (const field& f : run.fields()) record_.set_value(f.key, f.value);
}

void record_builder::format(std::string_view text, std::span<const argument> arguments) {
  record_.message_ = text;
  if (arguments.empty() && text.find_first_of("{}") == std::string_view::npos) return;
  try {
    format_message(memory_.message, text, arguments, record_);
    record_.message_ = {memory_.message.data(), memory_.message.size()};
  } catch (...) {
    record_.set("format_error", current_exception_text(memory_.memory));
  }
}

void record_builder::patch(const std::vector<patcher>& configured, const std::vector<patcher>* own) {
  std::optional<patching_scope> scope;
  for (const patcher& p : configured) run(p, scope);
  if (!own) return;
  for (const patcher& p : *own) run(p, scope);
}

void record_builder::run(const patcher& p, std::optional<patching_scope>& scope) {
  try {
    if (context_patching::is_of_context(p)) return add(&contexts_.run(p, scope));
    enter(scope);
    p.body_->per_record(record_);
  } catch (...) {
    const std::string_view what = current_exception_text(memory_.memory);
    count_patch_error();
    report_trouble(trouble::patcher, what);
    record_.set("patch_error", what);
  }
}

}  // namespace ctxlog::detail
