// Puts a record together: on the thread of the call, or behind it from what that thread left.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "ctxlog/context.hpp"
#include "ctxlog/field_set.hpp"
#include "ctxlog/message.hpp"
#include "ctxlog/patcher.hpp"
#include "ctxlog/record.hpp"
#include "current_stack.hpp"
#include "scratch.hpp"

namespace ctxlog::detail {

// Everything about a record but its message and fields.
struct origin {
  ctxlog::level level;
  std::chrono::sys_time<std::chrono::nanoseconds> time;
  source where;
  std::string_view logger, message_template;
  std::uint64_t thread_id;
  std::string_view thread_name;
};

// The ambient fields of a context, or null.
inline const field_set* ambient_fields(const node* context) noexcept {
  const cell* held = slot(context, ambient_slot);
  return held ? &static_cast<const cell_of<field_set>*>(held)->value : nullptr;
}

// Around the patchers, from the first one that runs: what is remembered of an earlier run costs nothing here.
// What a patcher does to the context ends with it, and what the record refers to in it stays alive.
struct patching_scope {
  context_guard guard{context::current()};
  activity_scope patching{activity::patching};
};

// What the configured context patchers make of the present context. The same patcher in the same snapshot gives
// the same fields: they are kept in the thread's memory.
class context_patching {
 public:
  explicit context_patching(scratch& memory) noexcept : memory_(memory) {}
  static bool is_of_context(const patcher& p) noexcept {
    return !std::holds_alternative<patcher::per_record>(p.body_->does);
  }
  // The variables of all, in their order; nothing when one of them runs code of the application.
  static std::optional<std::vector<variable_reader>> plain_variables_of(const std::vector<patcher>&);
  // The fields of the next context patcher in the present context, whose serial that is, when they are known, or null.
  // They are kept until the context is another one.
  const field_set* remembered(const patcher& of_context, std::uint64_t snapshot) noexcept {
    if (runs_ >= memory_.contexts.size()) return nullptr;
    const context_fields& kept = *memory_.contexts[runs_];
    if (kept.patcher != of_context.body_->id || kept.snapshot != snapshot) return nullptr;
    return &kept.fields;
  }
  // That patcher needs not run.
  void skip() noexcept { ++runs_; }
  // Its fields for sure. Throws what the patcher throws.
  const field_set& run(const patcher& of_context, std::optional<patching_scope>& scope);
  // The same for once: the fields may refer to the context and to the thread's memory.
  std::span<const field> read(const patcher& of_context, std::optional<patching_scope>& scope);

 private:
  std::span<const field> read_variables(const patcher::variables&, std::optional<patching_scope>&);

  scratch& memory_;
  std::size_t runs_ = 0;
};

// In the order of DESIGN: global, ambient, bound, call, message, patchers.
class record_builder {
 public:
  record_builder(scratch& memory, const origin& from) : memory_(memory), contexts_(memory) {
    record_.level_ = from.level;
    record_.time_ = from.time;
    record_.where_ = from.where;
    record_.logger_ = from.logger;
    record_.thread_id_ = from.thread_id;
    record_.thread_name_ = from.thread_name;
    record_.template_ = from.message_template;
    record_.memory_ = &memory.memory;
    record_.cache_ = &memory.encoded;
    record_.disjoint_ = &memory.disjoint;
  }

  record& result() noexcept { return record_; }

  void add(const field_set* fields) {
    if (fields) record_.append(fields->run());
  }
  void add_call_fields(const field_run& run) {
    if (run.constant_keys)
      record_.append(run);
    else
      add_unknown_keys(run);
  }
  // What cannot be filled becomes the field `format_error`.
  void format(std::string_view text, const plain_holes&, std::span<const argument>);
  void set_message(std::string_view message) noexcept { record_.message_ = message; }
  // In the context of that serial.
  void patch(const std::vector<patcher>& configured, const std::vector<patcher>* own,
             std::uint64_t snapshot) {
    std::span<const patcher> left(configured);
    while (!left.empty() && add_remembered(left.front(), snapshot)) left = left.subspan(1);
    if (!left.empty() || own) run_all(left, own);
  }

 private:
  // Most patchers of most records: nothing runs, and nothing can throw.
  bool add_remembered(const patcher& p, std::uint64_t snapshot) noexcept {
    if (!context_patching::is_of_context(p)) return false;
    const field_set* const known = contexts_.remembered(p, snapshot);
    if (!known || !record_.append_apart(known->run())) return false;
    contexts_.skip();
    return true;
  }
  void run_all(std::span<const patcher> configured, const std::vector<patcher>* own);
  void add_unknown_keys(field_run);
  void run(const patcher&, std::optional<patching_scope>&);
  void add_patch_error();

  scratch& memory_;
  record record_;
  context_patching contexts_;
};

}  // namespace ctxlog::detail
