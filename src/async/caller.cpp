// From a log call into the queue of its thread.
// SPDX-License-Identifier: MIT
#include "async/caller.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "async/engine.hpp"
#include "async/queue.hpp"
#include "async/wire.hpp"
#include "ctxlog/ambient.hpp"
#include "ctxlog/logger.hpp"
#include "current_stack.hpp"
#include "diagnostics.hpp"
#include "kept_errno.hpp"
#include "pipeline_delivery.hpp"
#include "record_builder.hpp"
#include "settings.hpp"
#include "thread_info.hpp"

namespace ctxlog::detail {

constinit std::atomic<bool> deferring{false};

namespace {

#define CTXLOG_THREAD_WORD constinit thread_local __attribute__((tls_model("initial-exec")))
CTXLOG_THREAD_WORD queue* own = nullptr;
CTXLOG_THREAD_WORD const settings* told_settings = nullptr;  // those that `own` was last told of
CTXLOG_THREAD_WORD bool is_reader = false;
CTXLOG_THREAD_WORD bool has_left = false;
#undef CTXLOG_THREAD_WORD

// Gives the queue back at the thread's exit; destructors that run later and log do so on the spot.
struct leaver {
  std::shared_ptr<engine> owner;         // of the queue: it must outlive leave()
  std::shared_ptr<const settings> told;  // told_settings
  ~leaver() {
    has_left = true;
    // Late records of this thread must not overtake those that are queued.
    if (own) own->owner().leave(*std::exchange(own, nullptr));
  }
};
thread_local leaver thread_leaver;

void leave_own() noexcept {
  if (!own) return;
  own->owner().leave(*std::exchange(own, nullptr));
  told_settings = nullptr;
  thread_leaver.told.reset();
  thread_leaver.owner.reset();
}

// The queue of this thread in the pipeline of the settings that `memory` holds, or null.
queue* own_queue(const scratch& memory) noexcept {
  const settings* const present = memory.snapshot.get();
  engine* const wanted = present ? present->async.get() : nullptr;
  if (!wanted || present->shut_down || wanted->is_lost() || is_reader || has_left ||
      current_activity() >= activity::delivering) {
    if (current_activity() != activity::none) return nullptr;
    // After shutdown() nothing comes that could overtake, and a stuck sink may keep the rest for ever.
    if (own && !(present && present->shut_down)) own->wait_until_delivered();
    leave_own();
    return nullptr;
  }
  if (own && &own->owner() == wanted) return own;
  if (own) own->wait_until_delivered();
  leave_own();
  own = wanted->take_queue();
  if (!own) return nullptr;
  thread_leaver.owner = present->async;
  // Other settings may have ended the reader before the queue was taken.
  if (settings_generation() != memory.generation) leave_own();
  return own;
}

// What is put between `out` and `end`: these return where it ends, or null when it does not fit, and hand a null on.
// Much of it is out of line: this code is seldom in the caches, and waiting for it takes longer than calls do.

template <class Number>
char* put_number(char* out, const char* end, Number n) noexcept {
  return out && sizeof n <= static_cast<std::size_t>(end - out) ? put_wire(out, n) : nullptr;
}

[[gnu::noinline]] char* put_text(char* out, const char* end, std::string_view text) noexcept {
  return out && wire_size(text) <= static_cast<std::size_t>(end - out) ? put_wire(out, text) : nullptr;
}

[[gnu::noinline]] char* put_field(char* out, const char* end, std::string_view key, const value& v) noexcept {
  out = put_text(out, end, key);
  if (v.kind() == value_kind::string)
    return put_text(put_number(out, end, value_tag::string), end, v.string());
  return out && tagged_size(v) <= static_cast<std::size_t>(end - out) ? put_tagged(out, v) : nullptr;
}

[[gnu::noinline]] char* put_fields(char* out, const char* end, std::span<const field> fields) noexcept {
  out = put_number(out, end, static_cast<std::uint32_t>(fields.size()));
  for (const field& f : fields) out = put_field(out, end, f.key, f.value);
  return out;
}

char* put_run(char* out, const char* end, run_role role, std::span<const field> fields) noexcept {
  return put_fields(put_number(out, end, role), end, fields);
}

// Of the variables that say something in that context.
char* put_variables(char* out, const char* end, const std::vector<variable_reader>& plain,
                    const node* here) noexcept {
  char* const counted = put_number(out, end, run_role::patched);
  std::uint32_t count = 0;
  out = put_number(counted, end, count);
  value said;
  for (const variable_reader& variable : plain) {
    if (!variable.read(here, nullptr, said)) continue;
    out = put_field(out, end, variable.key(), said);
    ++count;
  }
  if (out) put_wire(counted, count);
  return out;
}

// What the records of this thread now have in common. Nothing in here runs code of the application, which could log.
template <class PutPatched>
bool tell_state(queue& to, const settings& present, const node* here, PutPatched put_patched) noexcept {
  const thread_info& thread = this_thread_info();
  const field_set* const ambient = ambient_fields(here);
  const bool told = to.tell(to.state, frame_kind::state, [&](char* out, const char* end) {
    out = put_text(put_number(out, end, thread.id), end, thread.name);
    if (present.fields) out = put_run(out, end, run_role::global, present.fields->run().fields());
    if (ambient) out = put_run(out, end, run_role::ambient, ambient->run().fields());
    return put_patched(out, end);
  });
  if (!told) return false;
  to.context = serial_of(here);
  to.name_changes = thread_name_changes;
  return true;
}

// With patchers that only read plain variables: the thread's memory is not needed.
bool tell_plain_state(queue& to, const settings& present) noexcept {
  const node* const here = active_node();
  return tell_state(to, present, here, [&](char* out, const char* end) {
    return put_variables(out, end, *present.plain_variables, here);
  });
}

// With any. False when what they say must be said with each record.
bool tell_patched_state(queue& to, scratch& memory) noexcept {
  const node* const here = active_node();
  if (to.generation == memory.generation && to.context == serial_of(here) && to.state.limit == 0)
    return false;  // once is enough
  thread_leaver.told = memory.snapshot;
  told_settings = memory.snapshot.get();
  const settings& present = *told_settings;
  try {
    using fields = std::span<const field>;
    fields* const first = allocate<fields>(memory.memory, present.patchers.size());
    fields* last = first;
    context_patching contexts(memory);
    std::optional<patching_scope> scope;
    for (const patcher& p : present.patchers) new (last++) fields(contexts.read(p, scope));
    const bool told = tell_state(to, present, here, [&](char* out, const char* end) {
      std::for_each(first, last, [&](fields said) { out = put_run(out, end, run_role::patched, said); });
      return out;
    });
    to.generation = told ? memory.generation : 0;
    return told;
  } catch (...) {  // a patcher threw, or there is no memory: each record shall say so
    to.generation = memory.generation;
    to.context = serial_of(here);
    to.state = {};
    return false;
  }
}

bool tell_bound(queue& to, const field_run& run) noexcept {
  const bool told = to.tell(to.bound, frame_kind::bound,
                            [&](char* out, const char* end) { return put_fields(out, end, run.fields()); });
  if (told) to.bound_serial = run.serial;
  return told;
}

// So that a record of `size` bytes may refer to these fields, and still to its state.
bool ensure_bound(queue& to, const field_run& run, std::size_t size) noexcept {
  if (to.bound_serial == run.serial && to.reaches(to.bound, size)) return true;
  return tell_bound(to, run) && to.reaches(to.state, size);
}

bool state_is_told(const queue& to, std::size_t size) noexcept {
  return to.generation == settings_generation() && to.context == serial_of(active_node()) &&
         to.name_changes == thread_name_changes && to.reaches(to.state, size);
}

// A text is shown as a pointer: only the caller knows it.
bool shows_pointer(const call_site& site) noexcept {
  return site.syntax != message_syntax::plain && site.text.find("p}") != std::string_view::npos;
}

// Of the heads of its records; none when they cannot be told by a site.
constexpr std::uint32_t no_site = 0;

[[gnu::noinline]] std::uint32_t find_site(queue& to, site_form form, level l, const call_site& site,
                                          const call_signature* signature, std::string_view logger) noexcept {
  try {
    if (l == level::off || (form == site_form::typed && shows_pointer(site))) return no_site;
    const site_key key(form, l, site, signature, logger);
    const auto number = to.owner().sites().number_of(key, form, l, site, signature, logger);
    if (!number) return no_site;
    to.site_slot(key) = {key, frame_head::what_of(frame_kind::record, l, *number)};
    return to.site_slot(key).what;
  } catch (...) {  // out of memory
    return no_site;
  }
}

[[gnu::always_inline]] inline std::uint32_t what_of_site(queue& to, site_form form, level l,
                                                         const call_site& site,
                                                         const call_signature* signature,
                                                         std::string_view logger) noexcept {
  const site_key key(form, l, site, signature, logger);
  const queue::known_site& known = to.site_slot(key);
  if (known.key == key) [[likely]]
    return known.what;
  return find_site(to, form, l, site, signature, logger);
}

constexpr open_frame refused{nullptr, nullptr};

// The thread's working memory while a frame is prepared.
class borrowed_scratch {
 public:
  borrowed_scratch() noexcept : held_(acquire_scratch()) {}
  borrowed_scratch(const borrowed_scratch&) = delete;
  borrowed_scratch& operator=(const borrowed_scratch&) = delete;
  ~borrowed_scratch() {
    if (!held_) return;
    held_->memory.recycle();
    release_scratch(held_);
  }
  scratch* operator->() const noexcept { return held_; }
  scratch& operator*() const noexcept { return *held_; }
  explicit operator bool() const noexcept { return held_ != nullptr; }

 private:
  scratch* held_;
};

// Inside of a patcher there is no state to refer to: the record is made without patchers.
bool ensure_state(queue& to, scratch& memory, std::size_t size) noexcept {
  if (current_activity() != activity::none || memory.snapshot->has_record_patchers) return false;
  return state_is_told(to, size) || tell_patched_state(to, memory);
}

// What prepared_queue() answers when more has changed than plain variables: the settings, the pipeline, what patchers
// that run code say.
[[gnu::noinline]] queue* newly_prepared_queue(std::size_t size) noexcept {
  const kept_errno keep;
  const borrowed_scratch memory;
  if (!memory) return nullptr;
  memory->refresh();
  queue* const to = own_queue(*memory);
  if (!to || size > to->largest_record()) return nullptr;
  return ensure_state(*to, *memory, size) ? to : nullptr;
}

// A queue whose state is told for records of `size` bytes, or null. Mostly it is another context that must be told,
// the first time in a while: what that takes is kept short, as it is not in the caches.
[[gnu::noinline]] queue* prepared_queue(std::size_t size) noexcept {
  const bool is_known = own && own->generation == settings_generation() && size <= own->largest_record() &&
                        current_activity() == activity::none;
  if (!is_known || !told_settings->plain_variables) return newly_prepared_queue(size);
  return tell_plain_state(*own, *told_settings) && own->reaches(own->state, size) ? own : nullptr;
}

}  // namespace

void set_deferring(bool on) noexcept { deferring.store(on, std::memory_order_relaxed); }

void wake_reader() noexcept {
  const kept_errno keep;
  if (own) own->owner().wake();
}

// Friend of logger: the parts of it that a frame needs.
class deferred_call {
 public:
  static open_frame open(const logger& lg, level l, const call_site& site, const call_signature& signature,
                         std::size_t size) noexcept {
    if (lg.patchers_) return refused;
    queue* to = own;
    if (!to || !state_is_told(*to, size) || current_activity() != activity::none) [[unlikely]] {
      to = prepared_queue(size);
      if (!to) return refused;
    }
    const std::uint32_t what = what_of_site(*to, site_form::typed, l, site, &signature, lg.name());
    if (what == no_site) [[unlikely]]
      return refused;
    const bool is_bound = lg.bound_ && !lg.bound_->empty();
    if (is_bound && !ensure_bound(*to, lg.bound_->run(), size)) return refused;
    return to->open_record(what, is_bound, size);
  }

  static const field_set* bound_of(const logger& lg) noexcept { return lg.bound_.get(); }
  static bool has_patchers(const logger& lg) noexcept { return lg.patchers_ != nullptr; }
};

open_frame open_frame_for(const logger& lg, level l, const call_site& site, const call_signature& signature,
                          std::size_t size) noexcept {
  if (site.syntax == message_syntax::literal) return deferred_call::open(lg, l, site, signature, size);
  open_frame frame = deferred_call::open(lg, l, site, signature, wire_size(site.text) + size);
  if (frame.is_open()) frame.values = put_wire(frame.values, site.text);
  return frame;
}

bool defer_values(scratch& memory, const logger& lg, level l, const call_site& site,
                  std::span<const argument> arguments, std::span<const field> fields) noexcept {
  queue* const to = own_queue(memory);
  if (!to || deferred_call::has_patchers(lg)) return false;
  const bool shown_by_format =
      std::any_of(arguments.begin(), arguments.end(), [](const argument& a) { return a.format != nullptr; });
  if (shown_by_format) return false;

  const bool has_text = site.syntax == message_syntax::literal;
  std::size_t size = has_text ? 0 : wire_size(site.text);
  size += 2 * sizeof(std::uint32_t);
  for (const argument& a : arguments) size += tagged_size(a.plain);
  for (const field& f : fields) size += wire_size(f.key) + tagged_size(f.value);
  if (size > to->largest_record()) return false;
  if (!ensure_state(*to, memory, size)) return false;
  const field_set* const bound = deferred_call::bound_of(lg);
  const bool is_bound = bound && !bound->empty();
  if (is_bound && !ensure_bound(*to, bound->run(), size)) return false;

  const std::uint32_t what = what_of_site(*to, site_form::generic, l, site, nullptr, lg.name());
  if (what == no_site) return false;
  const open_frame frame = to->open_record(what, is_bound, size);
  if (!frame.is_open()) return true;
  char* out = has_text ? frame.values : put_wire(frame.values, site.text);
  out = put_wire(out, static_cast<std::uint32_t>(arguments.size()));
  for (const argument& a : arguments) out = put_tagged(out, a.plain);
  out = put_wire(out, static_cast<std::uint32_t>(fields.size()));
  for (const field& f : fields) out = put_tagged(put_wire(out, f.key), f.value);
  frame.publication->publish();
  return true;
}

bool defer_record(scratch& memory, const record& rec, const call_site& site) noexcept {
  queue* const to = own_queue(memory);
  if (!to) return false;
  const bool has_text = site.syntax == message_syntax::literal;
  std::uint32_t count = 0;
  std::size_t size = (has_text ? 0 : wire_size(site.text)) + sizeof(std::int64_t) + sizeof(std::uint64_t) +
                     wire_size(rec.thread_name()) + wire_size(rec.message()) + sizeof count;
  rec.for_each_field([&](const field& f) {
    size += wire_size(f.key) + tagged_size(f.value);
    ++count;
  });
  if (size > to->largest_record()) return false;
  const std::uint32_t what = what_of_site(*to, site_form::whole, rec.level(), site, nullptr, rec.logger());
  if (what == no_site) return false;
  const open_frame frame = to->open_record(what, false, size);
  if (!frame.is_open()) return true;
  char* out = has_text ? frame.values : put_wire(frame.values, site.text);
  out = put_wire(put_wire(out, std::int64_t{rec.time().time_since_epoch().count()}), rec.thread_id());
  out = put_wire(put_wire(out, rec.thread_name()), rec.message());
  out = put_wire(out, count);
  rec.for_each_field([&](const field& f) { out = put_tagged(put_wire(out, f.key), f.value); });
  frame.publication->publish();
  return true;
}

void deliver_queued_first() noexcept {
  if (own && !is_reader) own->wait_until_delivered();
}

void enter_engine_thread() noexcept { is_reader = true; }
bool is_engine_thread() noexcept { return is_reader; }
void leave_queue_behind() noexcept { own = nullptr; }

}  // namespace ctxlog::detail
