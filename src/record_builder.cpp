// Putting a record together.
// SPDX-License-Identifier: MIT
#include "record_builder.hpp"

#include <algorithm>
#include <bitset>
#include <functional>
#include <iterator>

#include "ctxlog/logger.hpp"
#include "diagnostics.hpp"
#include "message_format.hpp"
#include "pipeline_delivery.hpp"

namespace ctxlog::detail {
namespace {

bool contains(std::span<const field> fields, std::string_view key) noexcept {
  return std::any_of(fields.begin(), fields.end(), [&](const field& f) { return f.key == key; });
}

void enter(std::optional<patching_scope>& scope) {
  if (!scope) scope.emplace();
}

}  // namespace

std::optional<std::vector<variable_reader>> context_patching::plain_variables_of(
    const std::vector<patcher>& patchers) {
  std::vector<variable_reader> all;
  for (const patcher& p : patchers) {
    const auto* const variables = std::get_if<patcher::variables>(&p.body_->does);
    if (!variables ||
        !std::all_of(variables->begin(), variables->end(), std::mem_fn(&variable_reader::is_plain)))
      return std::nullopt;
    std::copy(variables->begin(), variables->end(), std::back_inserter(all));
  }
  return all;
}

const field_set& context_patching::run(const patcher& of_context, std::optional<patching_scope>& scope) {
  const std::uint64_t snapshot = serial_of(active_node());
  if (const field_set* const known = remembered(of_context, snapshot)) {
    skip();
    return *known;
  }
  const patcher::body& p = *of_context.body_;
  while (runs_ >= memory_.contexts.size()) memory_.contexts.push_back(std::make_unique<context_fields>());
  context_fields& kept = *memory_.contexts[runs_++];
  kept.patcher = 0;
  kept.fields.clear();
  if (const auto* variables = std::get_if<patcher::variables>(&p.does)) {
    kept.fields.add_copies(read_variables(*variables, scope));
  } else {
    enter(scope);
    std::get<patcher::per_context>(p.does)(kept.fields);
  }
  kept.patcher = p.id;
  kept.snapshot = snapshot;
  return kept.fields;
}

std::span<const field> context_patching::read_variables(const patcher::variables& variables,
                                                        std::optional<patching_scope>& scope) {
  auto* const fields = allocate<field>(memory_.memory, variables.size());
  std::size_t size = 0;
  const node* const here = active_node();
  for (const variable_reader& variable : variables) {
    if (!variable.is_plain()) enter(scope);
    // In place: a value handed over in memory is read before its parts have arrived there.
    field& next = *new (fields + size) field{variable.key(), {}};
    if (variable.read(here, &memory_.memory, next.value)) ++size;
  }
  return {fields, size};
}

std::span<const field> context_patching::read(const patcher& of_context,
                                              std::optional<patching_scope>& scope) {
  const auto* const variables = std::get_if<patcher::variables>(&of_context.body_->does);
  if (!variables) return run(of_context, scope).run().fields();
  ++runs_;
  return read_variables(*variables, scope);
}

void record_builder::add_unknown_keys(field_run run) {
  run.keys = 0;
  bool repeated = false;
  std::bitset<512> seen;  // 64 bits are too few to tell many keys apart
  for (std::size_t i = 0; i < run.size; ++i) {
    const std::string_view key = run.first[i].key;
    const std::size_t bit = key_hash(key) % seen.size();
    if (seen[bit]) repeated |= contains(run.fields().first(i), key);
    seen[bit] = true;
    run.keys |= key_bit(key);
  }
  if (repeated)
    record_.set_all(run);
  else
    record_.append(run);
}

void record_builder::format(std::string_view text, const plain_holes& holes,
                            std::span<const argument> arguments) {
  record_.message_ = text;
  if (holes.are_known() && holes.count() == 0) return;
  try {
    format_message(memory_.message, text, holes, arguments, record_);
    record_.message_ = {memory_.message.data(), memory_.message.size()};
  } catch (...) {
    record_.set("format_error", current_exception_text(memory_.memory));
  }
}

void record_builder::run_all(std::span<const patcher> configured, const std::vector<patcher>* own) {
  std::optional<patching_scope> scope;
  for (const patcher& p : configured) run(p, scope);
  if (!own) return;
  for (const patcher& p : *own) run(p, scope);
}

void record_builder::run(const patcher& p, std::optional<patching_scope>& scope) {
  try {
    if (context_patching::is_of_context(p)) return add(&contexts_.run(p, scope));
    enter(scope);
    std::get<patcher::per_record>(p.body_->does)(record_);
  } catch (...) {
    add_patch_error();
  }
}

// With what the patcher threw in flight.
void record_builder::add_patch_error() {
  const std::string_view what = current_exception_text(memory_.memory);
  count_patch_error();
  report_trouble(trouble::patcher, what);
  record_.set("patch_error", what);
}

}  // namespace ctxlog::detail
