// The present configuration: environment, code and sinks put together, and every change to it.
// SPDX-License-Identifier: MIT
#include "settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <stdexcept>

#include "async/caller.hpp"
#include "async/engine.hpp"
#include "ctxlog/config.hpp"
#include "ctxlog/sinks/fd.hpp"
#include "ctxlog/sinks/file.hpp"
#include "diagnostics.hpp"
#include "environment.hpp"
#include "fork.hpp"
#include "logger_registry.hpp"
#include "pipeline_delivery.hpp"
#include "record_builder.hpp"

namespace ctxlog {
namespace detail {

alignas(64) constinit std::atomic<std::uint64_t> generation_of_settings{0};

namespace {

// What code chose; it beats the environment.
struct choices {
  std::optional<ctxlog::mode> mode;
  std::optional<ctxlog::format> format;
  std::optional<bool> colour;
  std::optional<ctxlog::pipeline> pipeline;
};

struct state {
  std::shared_ptr<const settings> present;
  environment from_environment;
  choices from_code;

  ctxlog::mode mode() const { return from_code.mode.value_or(from_environment.mode); }
};

alignas(64) constinit std::mutex state_mutex;  // away from the generation, which is read with every record

// Never destroyed: static destructors log too.
state& the_state() {
  static state& instance = *new state;
  return instance;
}

using slots = std::vector<std::shared_ptr<sink_slot>>;

bool wants_colour(const state& s, const sink& target) {
  const auto* stream = dynamic_cast<const fd_sink*>(&target);
  if (!stream) return false;
  if (s.from_code.colour) return *s.from_code.colour;
  return s.from_environment.colour ? *s.from_environment.colour : stream->is_terminal();
}

std::shared_ptr<sink_slot> make_slot(const state& s, std::shared_ptr<sink> target, sink_options options) {
  static constinit std::atomic<sink_id> last_id{0};
  auto slot = std::make_shared<sink_slot>();
  slot->id = last_id.fetch_add(1, std::memory_order_relaxed) + 1;
  slot->options = std::move(options);
  slot->coloured = wants_colour(s, *target);
  slot->name = target->name();
  slot->target = std::move(target);
  return slot;
}

std::shared_ptr<sink> open_environment_sink(const state& s) {
  if (!s.from_environment.file.empty()) {
    try {
      return std::make_shared<file_sink>(s.from_environment.file);
    } catch (const std::exception& e) {
      report(fmt::format("LOG_FILE: {}; the standard stream is used", e.what()));
    }
  }
  if (s.mode() == mode::prod) return stdout_sink();
  return stderr_sink();
}

std::shared_ptr<sink_slot> environment_slot(const state& s) {
  auto slot = make_slot(s, open_environment_sink(s), {});
  slot->of_environment = true;
  return slot;
}

std::shared_ptr<const encoder> machine_encoder(format f) {
  switch (f) {
    case format::ecs:
      return ecs_encoder();
    case format::gcp:
      return gcp_encoder();
    case format::datadog:
      return datadog_encoder();
    case format::otlp:
      return otlp_encoder();
    case format::loguru:
      return loguru_encoder();
    case format::logfmt:
      return logfmt_encoder();
    case format::pretty:
    case format::json:
      break;
  }
  return json_encoder();
}

void choose_encoders(const state& s, settings& next) {
  const format chosen = s.from_code.format          ? *s.from_code.format
                        : s.from_environment.format ? *s.from_environment.format
                        : s.mode() == mode::prod    ? format::json
                                                    : format::pretty;
  if (next.format == chosen) return;  // an encoder that read the environment has read it
  next.plain = chosen == format::pretty ? pretty_encoder(false) : machine_encoder(chosen);
  next.colour = chosen == format::pretty ? pretty_encoder(true) : next.plain;
  next.format = chosen;
}

void apply_default_levels(const state& s) {
  set_default_level("", s.mode() == mode::prod ? level::info : level::debug);
  for (const auto& [name, value] : s.from_environment.levels) set_default_level(name, value);
}

std::shared_ptr<engine> start_engine(const async_pipeline& options) {
  try {
    return engine::start(options);
  } catch (const std::exception& e) {
    report(fmt::format("{}; records are delivered by their callers", e.what()));
    return nullptr;
  }
}

// Returns the engine that is no longer in use.
std::shared_ptr<engine> choose_pipeline(const state& s, settings& next) {
  const pipeline chosen = s.from_code.pipeline.value_or(s.from_environment.pipeline);
  const auto* const async = std::get_if<async_pipeline>(&chosen);
  const bool as_before =
      async ? next.async && !next.async->is_lost() && next.async->options() == *async : next.async == nullptr;
  if (as_before) return nullptr;
  return std::exchange(next.async, async ? start_engine(*async) : nullptr);
}

// With the state locked.
void publish(state& s, settings next) {
  s.present = std::make_shared<const settings>(std::move(next));
  generation_of_settings.fetch_add(1, std::memory_order_release);
  set_deferring(s.present->async != nullptr);
}

void start_from_environment(state& s) {
  s.from_code = {};
  s.from_environment = read_environment();
  settings first;
  if (s.present) first.async = s.present->async;
  const auto old = choose_pipeline(s, first);
  choose_encoders(s, first);
  first.sinks.push_back(environment_slot(s));
  publish(s, std::move(first));
  if (old) old->close();
  apply_default_levels(s);
}

// In the child of a fork, when it logs for the first time.
void restart_pipeline(state& s) {
  settings next = *s.present;
  choose_pipeline(s, next);
  publish(s, std::move(next));
}

// With the state locked. Registered before the first record, so that the flush comes after the static
// destructors of what is made later.
state& started() {
  state& s = the_state();
  if (s.present) {
    if (s.present->async && s.present->async->is_lost()) restart_pipeline(s);
    return s;
  }
  static const bool registered = [] {
    std::atexit([] { flush_at_exit(); });
    register_fork_handlers();
    return true;
  }();
  (void)registered;
  start_from_environment(s);
  return s;
}

void retire_all(const slots& gone) {
  for (const auto& slot : gone) retire(*slot);
}

// Publishes what `change` makes of the present settings; `change` returns the sinks that are no longer in
// them.
template <class Change>
void change_settings(Change change) {
  slots gone;
  std::shared_ptr<const settings> old;  // what dies with it (patchers) may log
  std::shared_ptr<engine> unused;
  {
    const std::lock_guard lock(state_mutex);
    state& s = started();
    old = s.present;
    settings next = *old;
    gone = change(s, next);
    unused = choose_pipeline(s, next);
    publish(s, std::move(next));
  }
  if (unused) unused->close();
  retire_all(gone);
}

// The environment's sink where it is still in use and the mode now asks for another stream.
slots follow_mode(const state& s, settings& next) {
  slots gone;
  for (auto& slot : next.sinks) {
    if (!slot->of_environment) continue;
    gone.push_back(slot);
    slot = environment_slot(s);
  }
  return gone;
}

}  // namespace

std::string_view settings::schema_of(const sink_slot& slot) const noexcept {
  return slot.options.encoder || !format ? std::string_view() : name_of(*format);
}

std::shared_ptr<const settings> current_settings() noexcept {
  try {
    const std::lock_guard lock(state_mutex);
    return started().present;
  } catch (...) {
    return nullptr;
  }
}

void end_async_pipeline() noexcept {
  try {
    const std::lock_guard lock(state_mutex);
    state& s = the_state();
    if (!s.present || !s.present->async) return;
    s.from_code.pipeline = sync_pipeline();
    settings next = *s.present;
    const auto unused = choose_pipeline(s, next);
    publish(s, std::move(next));
    if (unused) unused->close();
  } catch (...) {  // out of memory: the engine's thread goes on
  }
}

void forget_settings() noexcept { generation_of_settings.fetch_add(1, std::memory_order_release); }

void lock_settings() noexcept { state_mutex.lock(); }
void unlock_settings() noexcept { state_mutex.unlock(); }

}  // namespace detail

using namespace detail;

namespace {

void require_sink(const std::shared_ptr<sink>& s) {
  if (!s) throw std::invalid_argument("expected a sink, got an empty pointer");
}

}  // namespace

sink_id add_sink(std::shared_ptr<sink> s, sink_options options) {
  require_sink(s);
  sink_id id = 0;
  change_settings([&](const state& present, settings& next) {
    next.sinks.push_back(make_slot(present, std::move(s), std::move(options)));
    next.shut_down = false;
    id = next.sinks.back()->id;
    return slots();
  });
  return id;
}

bool remove_sink(sink_id id) {
  bool found = false;
  change_settings([&](const state&, settings& next) {
    slots gone;
    const auto at =
        std::find_if(next.sinks.begin(), next.sinks.end(), [&](const auto& slot) { return slot->id == id; });
    found = at != next.sinks.end();
    if (found) {
      gone.push_back(*at);
      next.sinks.erase(at);
    }
    return gone;
  });
  return found;
}

void remove_sinks() {
  change_settings([](const state&, settings& next) { return std::exchange(next.sinks, {}); });
}

void configure(configuration c) {
  if (c.sinks)
    for (const auto& given : *c.sinks) require_sink(given.sink);
  if (const auto* const async = c.pipeline ? std::get_if<async_pipeline>(&*c.pipeline) : nullptr)
    check(*async);
  if (c.levels)
    for (const auto& [name, value] : parse_levels(*c.levels, "configure(): levels"))
      set_logger_level(name, value);
  change_settings([&](state& s, settings& next) {
    if (c.mode) s.from_code.mode = c.mode;
    if (c.format) s.from_code.format = c.format;
    if (c.colour) s.from_code.colour = c.colour;
    if (c.pipeline) s.from_code.pipeline = c.pipeline;
    if (c.patchers) next.patchers = std::move(*c.patchers);
    next.plain_variables = context_patching::plain_variables_of(next.patchers);
    next.has_record_patchers =
        !std::all_of(next.patchers.begin(), next.patchers.end(), context_patching::is_of_context);
    if (c.fields) next.fields = std::move(c.fields);
    choose_encoders(s, next);
    if (c.mode) apply_default_levels(s);
    if (!c.sinks) return c.mode || c.colour ? follow_mode(s, next) : slots();
    slots gone = std::exchange(next.sinks, {});
    for (auto& given : *c.sinks)
      next.sinks.push_back(make_slot(s, std::move(given.sink), std::move(given.options)));
    next.shut_down = false;
    return gone;
  });
}

void configure_from_environment() {
  slots gone;
  {
    const std::lock_guard lock(state_mutex);
    state& s = the_state();
    forget_logger_levels();
    if (s.present) {
      gone = s.present->sinks;
      start_from_environment(s);
    } else {
      started();
    }
  }
  retire_all(gone);
}

statistics shutdown(std::chrono::milliseconds timeout) {
  const auto deadline = deadline_in(timeout);
  if (!drain_engines(deadline)) give_up_waiting();
  slots gone;
  change_settings([&](const state&, settings& next) {
    next.shut_down = true;
    gone = std::exchange(next.sinks, {});
    return slots();
  });
  for (const auto& slot : gone) retire(*slot, deadline);
  return stats();
}

}  // namespace ctxlog
