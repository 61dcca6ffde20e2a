// From a log call to a patched record.
// SPDX-License-Identifier: MIT
#include "ctxlog/logger.hpp"

#include <cerrno>
#include <exception>
#include <new>

#include "async/caller.hpp"
#include "ctxlog/ambient.hpp"
#include "current_stack.hpp"
#include "logger_registry.hpp"
#include "pipeline_delivery.hpp"
#include "record_builder.hpp"
#include "scratch.hpp"
#include "thread_info.hpp"

namespace ctxlog {
namespace detail {
namespace {

// Of a call that happens now, on this thread.
origin origin_here(wall_clock& clock, level l, const call_site& site, std::string_view logger) noexcept {
  const thread_info& thread = this_thread_info();
  return {l,          std::chrono::sys_time<std::chrono::nanoseconds>(std::chrono::nanoseconds(clock.now())),
          site.where, logger,
          site.text,  thread.id,
          thread.name};
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
  if (scratch* const acquired = acquire_scratch()) {
    scratch_ = acquired;
    memory_ = &acquired->memory;
  } else {
    count_undelivered();
    errno = errno_;
  }
}

void capture::deliver(std::span<const argument> arguments, const field_run& fields) noexcept {
  try {
    deliver_with(*scratch_, arguments, fields);
  } catch (...) {
    count_undelivered();
  }
  scratch_->recycle();
  release_scratch(scratch_);
  errno = errno_;
}

inline void capture::deliver_with(scratch& memory, std::span<const argument> arguments,
                                  const field_run& fields) {
  const settings* const present = memory.refresh();
  if (level_ == level::off) return;
  if (!logger_.enabled(level_))
    return;  // the first record of the program came before the environment was read
  if (!present) throw std::bad_alloc();
  if (present->async && defer_values(memory, logger_, level_, site_, arguments, fields.fields())) return;
  record_builder builder(memory, origin_here(memory.clock, level_, site_, logger_.name()));
  const node* const context = active_node();
  const std::uint64_t snapshot = serial_of(context);  // formatting may run code that ends the context
  builder.add(present->fields.get());
  builder.add(ambient_fields(context));
  builder.add(logger_.bound_.get());
  builder.add_call_fields(fields);
  if (site_.syntax == message_syntax::plain)
    builder.set_message(site_.text);
  else
    builder.format(site_.text, site_.holes, arguments);
  if (current_activity() == activity::none)
    builder.patch(present->patchers, logger_.patchers_.get(), snapshot);
  if (present->async && defer_record(memory, builder.result(), site_)) return;
  if (current_activity() < activity::delivering) deliver_queued_first();
  ctxlog::detail::deliver(*present, builder.result(), memory.line);
}

const logger& root_logger() noexcept {
  // Never destroyed; its construction allocates nothing.
  alignas(logger) static std::byte storage[sizeof(logger)];
  static const logger& instance = *new (storage) logger(root_name);
  return instance;
}

std::unique_ptr<cell_of<field_set>> inherit_ambient_fields() {
  auto cell = std::make_unique<cell_of<field_set>>();
  if (const auto* held = slot(active_node(), ambient_slot))
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
