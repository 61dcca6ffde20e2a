// Sinks, their accounts, and the delivery of records to them.
// SPDX-License-Identifier: MIT
#include "ctxlog/pipeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>

#include "async/engine.hpp"
#include "ctxlog/record.hpp"
#include "diagnostics.hpp"
#include "flush_timer.hpp"
#include "pipeline_delivery.hpp"
#include "settings.hpp"

namespace ctxlog {
namespace detail {

bool flush_or_report(sink& target) noexcept {
  try {
    const activity_scope writing(activity::writing);
    const std::error_code error = target.flush();
    if (error) report_trouble(trouble::sink, fmt::format("sink {}: {}", target.name(), error.message()));
    return !error;
  } catch (...) {
    return false;
  }
}

namespace {

constinit std::atomic<std::uint64_t> undelivered{0}, patch_errors{0};
constinit std::atomic<bool> exiting{false}, has_given_up{false};

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

class record_line final : public sink::line_encoder {
 public:
  record_line(const encoder& with, const record& rec) noexcept : encoder_(with), record_(rec) {}

  // A line without a byte is lost as one that cannot be made: nobody would miss it otherwise.
  void append_to(fmt::memory_buffer& out) const override {
    const std::size_t before = out.size();
    encoder_.encode(record_, out);
    if (out.size() <= before) throw std::length_error("its encoder wrote nothing");
  }

 private:
  const encoder& encoder_;
  const record& record_;
};

// A record for several sinks. The text is empty when it could not be encoded.
struct encoded_line {
  std::string_view text;
  std::exception_ptr failure;
};

encoded_line encode(const encoder& with, const record& rec, fmt::memory_buffer& line) noexcept {
  line.clear();
  try {
    record_line(with, rec).append_to(line);
    return {{line.data(), line.size()}, nullptr};
  } catch (...) {
    return {{}, std::current_exception()};
  }
}

// Whether the sink took the line that `write` gives it; says why when it did not.
template <class Write>
bool offer(sink& target, Write write) noexcept {
  try {
    const activity_scope writing(activity::writing);
    const std::error_code error = write();
    if (!error) return true;
    report_loss(target, error.message());
  } catch (const std::bad_alloc&) {
    report_loss(target, "not enough memory");
  } catch (const std::exception& e) {
    report_loss(target, e.what());
  } catch (...) {
    report_loss(target, "an exception that is no std::exception");
  }
  return false;
}

// Counts under the slot's lock; readers have none.
void count(std::atomic<std::uint64_t>& number) noexcept {
  number.store(number.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

// Under the slot's lock.
template <class Write>
void write_locked(sink_slot& to, Write write) noexcept {
  if (!to.target) return;  // removed meanwhile
  count(to.accepted);
  count(offer(*to.target, write) ? to.written : to.dropped);
  if (exiting.load(std::memory_order_relaxed))
    flush_or_report(*to.target);
  else if (!to.is_watched)
    watch_flush(to);
}

void write(sink_slot& to, const record& rec, const encoded_line& line) noexcept {
  const std::lock_guard lock(to.mutex);
  write_locked(to, [&] {
    if (line.failure) std::rethrow_exception(line.failure);
    return to.target->write(rec, line.text);
  });
}

// Encodes where the sink wants the line, unless another thread is writing: encoding takes longer than the rest, and
// nobody should wait for that.
bool encode_and_write(sink_slot& to, const record& rec, const encoder& with,
                      fmt::memory_buffer& spare) noexcept {
  const std::unique_lock lock(to.mutex, std::try_to_lock);
  if (!lock) return false;
  spare.clear();
  const record_line line(with, rec);
  write_locked(to, [&] { return to.target->encode_and_write(rec, line, spare); });
  return true;
}

void deliver_to(sink_slot& only, const settings& present, const record& rec,
                fmt::memory_buffer& line) noexcept {
  if (!wanted(only, rec)) return;
  const encoder& chosen = *present.encoder_for(only);
  if (!encode_and_write(only, rec, chosen, line)) write(only, rec, encode(chosen, rec, line));
}

// Sinks of one encoder share its line.
void deliver_to_all(const settings& present, const record& rec, fmt::memory_buffer& line,
                    line_filter* written) noexcept {
  const encoder* encoded_by = nullptr;
  encoded_line encoded;
  for (const auto& slot : present.sinks) {
    if (!wanted(*slot, rec)) continue;
    const encoder* const chosen = present.encoder_for(*slot);
    if (chosen != encoded_by) {
      encoded_by = chosen;
      encoded = encode(*encoded_by, rec, line);
    }
    const std::string_view missing = written ? written->missing(*slot, encoded.text) : encoded.text;
    if (missing.empty() && !encoded.failure) continue;
    write(*slot, rec, {missing, encoded.failure});
  }
}

// A sink may be stuck in a call for ever: its lock is waited for until the deadline.
std::unique_lock<brief_mutex> lock_until(sink_slot& slot, deadline_clock::time_point deadline) noexcept {
  std::unique_lock lock(slot.mutex, std::defer_lock);
  if (deadline == deadline_clock::time_point::max()) {
    lock.lock();
  } else {
    while (!lock.try_lock() && deadline_clock::now() < deadline)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return lock;
}

bool flush(sink_slot& slot, deadline_clock::time_point deadline) noexcept {
  const auto lock = lock_until(slot, deadline);
  return lock && (!slot.target || flush_or_report(*slot.target));
}

}  // namespace

void retire(sink_slot& slot, deadline_clock::time_point deadline) noexcept {
  flush(slot, deadline);
  std::shared_ptr<sink> last;  // its destructor runs without the lock
  if (const auto lock = lock_until(slot, deadline)) last.swap(slot.target);
  const std::lock_guard lock(removed_mutex);
  removed_accepted += slot.accepted;
  removed_written += slot.written;
  removed_dropped += slot.dropped;
}

void count_undelivered() noexcept { undelivered.fetch_add(1, std::memory_order_relaxed); }
void count_patch_error() noexcept { patch_errors.fetch_add(1, std::memory_order_relaxed); }

void deliver(const settings& present, const record& rec, fmt::memory_buffer& line,
             line_filter* written) noexcept {
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
  if (present.sinks.size() == 1 && !written)
    deliver_to(*present.sinks.front(), present, rec, line);
  else
    deliver_to_all(present, rec, line, written);
}

bool flush_sinks(deadline_clock::time_point deadline) noexcept {
  const auto present = current_settings();
  if (!present) return false;
  bool all = true;
  for (const auto& slot : present->sinks) all = flush(*slot, deadline) && all;
  return all;
}

void give_up_waiting() noexcept { has_given_up.store(true, std::memory_order_relaxed); }

void flush_at_exit() noexcept {
  // A sink that is stuck must not keep the program from ending.
  const auto deadline =
      deadline_in(std::chrono::seconds(has_given_up.load(std::memory_order_relaxed) ? 0 : 10));
  exiting.store(true, std::memory_order_relaxed);
  const auto engines = live_engines();
  end_async_pipeline();
  bool delivered = true;
  for (const auto& each : engines) {
    if (each->drain(deadline))
      each->remove_file_name();
    else
      delivered = false;
  }
  flush_sinks(delivered ? deadline_clock::time_point::max() : deadline);
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
    for (const auto& slot : present->sinks)
      result.sinks.push_back({slot->name, slot->accepted.load(std::memory_order_relaxed),
                              slot->written.load(std::memory_order_relaxed),
                              slot->dropped.load(std::memory_order_relaxed)});
  result.pipeline = detail::pipeline_account();
  const std::lock_guard lock(detail::removed_mutex);
  result.removed = {"removed", detail::removed_accepted, detail::removed_written, detail::removed_dropped};
  return result;
}

bool flush(std::chrono::milliseconds timeout) {
  const auto deadline = detail::deadline_in(timeout);
  return detail::drain_engines(deadline) && detail::flush_sinks(deadline);
}

}  // namespace ctxlog
