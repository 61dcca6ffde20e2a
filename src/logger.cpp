// From a log call to a patched record.
// SPDX-License-Identifier: MIT
#include "ctxlog/logger.hpp"

#include <ctime>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <new>
#include <optional>

#include "ctxlog/ambient.hpp"
#include "diagnostics.hpp"
#include "logger_registry.hpp"
#include "message_format.hpp"
#include "pipeline_delivery.hpp"
#include "scratch.hpp"
#include "thread_info.hpp"

namespace ctxlog {
namespace detail {
namespace {

std::chrono::sys_time<std::chrono::nanoseconds> now() noexcept {
  timespec t{};
  ::clock_gettime(CLOCK_REALTIME, &t);
  return std::chrono::sys_time<std::chrono::nanoseconds>{std::chrono::seconds{t.tv_sec} +
                                                         std::chrono::nanoseconds{t.tv_nsec}};
}

const field_set* ambient_fields() noexcept {
  const cell* held = slot(current_node(), ambient_slot);
  return held ? &static_cast<const cell_of<field_set>*>(held)->value : nullptr;
}

bool contains(std::span<const field> fields, std::string_view key) noexcept {
  return std::any_of(fields.begin(), fields.end(), [&](const field& f) { return f.key == key; });
}

// Around the patchers, from the first one that runs: what is remembered of an earlier run costs nothing here.
// What a patcher does to the context ends with it, and what the record refers to in it stays alive.
struct patching_scope {
  context_guard guard{context::current()};
  activity_scope patching{activity::patching};
};

void enter(std::optional<patching_scope>& scope) {
  if (!scope) scope.emplace();
}

}  // namespace

// Puts a record together in the order of DESIGN: global, ambient, bound, call, message, patchers.
class record_builder {
 public:
  record_builder(scratch& memory, level l, const call_site& site, std::string_view logger_name)
      : memory_(memory) {
    record_.level_ = l;
    record_.time_ = now();
    record_.where_ = site.where;
    record_.logger_ = logger_name;
    const thread_info& thread = this_thread_info();
    record_.thread_id_ = thread.id;
    record_.thread_name_ = thread.name;
    record_.template_ = site.text;
    record_.memory_ = &memory.memory;
    record_.cache_ = &memory.encoded;
  }

  record& result() noexcept { return record_; }

  void add(const field_set* fields) {
    if (fields) record_.append(fields->run());
  }

  void add_call_fields(const field_run& run) {
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

  void format(const call_site& site, std::span<const argument> arguments) {
    record_.message_ = site.text;
    if (site.syntax == message_syntax::plain) return;
    if (arguments.empty() && site.text.find_first_of("{}") == std::string_view::npos) return;
    try {
      format_message(memory_.message, site.text, arguments, record_);
      record_.message_ = {memory_.message.data(), memory_.message.size()};
    } catch (...) {
      record_.set("format_error", current_exception_text(memory_.memory));
    }
  }

  void patch(const std::vector<patcher>& configured, const std::vector<patcher>* own) {
    std::optional<patching_scope> scope;
    for (const patcher& p : configured) run(*p.body_, scope);
    if (!own) return;
    for (const patcher& p : *own) run(*p.body_, scope);
  }

 private:
  void run(const patcher::body& p, std::optional<patching_scope>& scope) {
    try {
      if (p.per_context) return record_.append(context_run(p, scope));
      enter(scope);
      p.per_record(record_);
    } catch (...) {
      const std::string_view what = current_exception_text(memory_.memory);
      count_patch_error();
      report_trouble(trouble::patcher, what);
      record_.set("patch_error", what);
    }
  }

  // The same patcher in the same snapshot gives the same fields.
  const field_run& context_run(const patcher::body& p, std::optional<patching_scope>& scope) {
    const std::uint64_t snapshot = serial_of(current_node());
    if (context_runs_ == memory_.contexts.size()) memory_.contexts.emplace_back();
    context_fields& kept = memory_.contexts[context_runs_++];
    if (kept.patcher != p.id || kept.snapshot != snapshot) {
      kept.patcher = 0;
      kept.fields.clear();
      enter(scope);
      p.per_context(kept.fields);
      kept.patcher = p.id;
      kept.snapshot = snapshot;
    }
    return kept.fields.run();
  }

  scratch& memory_;
  record record_;
  std::size_t context_runs_ = 0;
};

namespace {

bool in_plain_state() noexcept { return current_activity() == activity::none; }

// Everything of a record once the caller's values are captured. Throws std::bad_alloc.
void make_and_deliver(scratch& memory, const settings& now_set, level l, const call_site& site,
                      std::string_view name, const field_set* bound, const std::vector<patcher>* own_patchers,
                      std::span<const argument> arguments, const field_run& fields) {
  record_builder builder(memory, l, site, name);
  builder.add(now_set.fields.get());
  builder.add(ambient_fields());
  builder.add(bound);
  builder.add_call_fields(fields);
  builder.format(site, arguments);
  if (in_plain_state()) builder.patch(now_set.patchers, own_patchers);
  deliver(now_set, builder.result(), memory.line);
}

}  // namespace

std::string_view current_exception_text(arena& memory) noexcept {
  try {
    try {
      throw;
    } catch (const std::exception& e) {
      return copy(memory, e.what());
    } catch (...) {
      return "an exception that is no std::exception";
    }
  } catch (...) {
    return "out of memory";
  }
}

capture::capture(const logger& lg, level l, const call_site& site) noexcept
    : logger_(lg), site_(site), memory_(nullptr), scratch_(nullptr), errno_(errno), level_(l) {
  scratch_ = acquire_scratch();
  if (scratch_)
    memory_ = &static_cast<scratch*>(scratch_)->memory;
  else
    count_undelivered();
}

capture::~capture() {
  if (scratch_) release_scratch(static_cast<scratch*>(scratch_));
  errno = errno_;
}

void capture::deliver(std::span<const argument> arguments, const field_run& fields) noexcept {
  auto& memory = *static_cast<scratch*>(scratch_);
  try {
    const settings* present = memory.refresh();
    if (level_ == level::off) return;
    if (!logger_.enabled(level_))
      return;  // the first record of the program came before the environment was read
    if (!present) throw std::bad_alloc();
    make_and_deliver(memory, *present, level_, site_, logger_.name(), logger_.bound_.get(),
                     logger_.patchers_.get(), arguments, fields);
  } catch (...) {
    count_undelivered();
  }
}

const logger& root_logger() noexcept {
  // Never destroyed; its construction allocates nothing.
  alignas(logger) static std::byte storage[sizeof(logger)];
  static const logger& instance = *new (storage) logger(root_name);
  return instance;
}

std::unique_ptr<cell_of<field_set>> inherit_ambient_fields() {
  auto cell = std::make_unique<cell_of<field_set>>();
  if (const auto* held = slot(current_node(), ambient_slot))
    cell->value.add(static_cast<const cell_of<field_set>*>(held)->value);
  return cell;
}

}  // namespace detail

void logger::set_level(ctxlog::level l) const { detail::set_logger_level(name(), l); }
void logger::inherit_level() const { detail::set_logger_level(name(), std::nullopt); }
level logger::level() const {
  detail::current_settings();  // the environment may have a say
  return detail::effective_level(name());
}

void set_level(level l) { detail::set_logger_level("", l); }

logger logger::patch(patcher p) const {
  auto patchers = patchers_ ? std::make_shared<std::vector<patcher>>(*patchers_)
                            : std::make_shared<std::vector<patcher>>();
  patchers->push_back(std::move(p));
  logger copy(*this);
  copy.patchers_ = std::move(patchers);
  return copy;
}

}  // namespace ctxlog
