// Emptying the queues.
// SPDX-License-Identifier: MIT
#include "async/consumer.hpp"

#include <algorithm>
#include <thread>

#include "async/futex.hpp"
#include "ctxlog/logger.hpp"
#include "diagnostics.hpp"
#include "pipeline_delivery.hpp"
#include "scratch.hpp"

namespace ctxlog::detail {
namespace {

std::string_view name_of(drop_reason reason) noexcept {
  switch (reason) {
    case drop_reason::newest:
      return "newest";
    case drop_reason::oldest:
      return "oldest";
    case drop_reason::below_level:
      return "below_level";
    case drop_reason::timed_out:
      break;
  }
  return "timed_out";
}

class locked_reading {
 public:
  explicit locked_reading(queue& q) noexcept : queue_(q) {
    while (queue_.reading.exchange(true, std::memory_order_acquire)) std::this_thread::yield();
  }
  locked_reading(const locked_reading&) = delete;
  locked_reading& operator=(const locked_reading&) = delete;
  ~locked_reading() { queue_.reading.store(false, std::memory_order_release); }

 private:
  queue& queue_;
};

}  // namespace

// Everything is delivered: whoever asks for that now, or later, need not wait.
consumer::~consumer() {
  constexpr std::uint32_t ahead_of_all = 1u << 30;
  engine_.drains_done_.store(engine_.drains_asked_.load() + ahead_of_all, std::memory_order_release);
  wake_all(engine_.drains_done_);
}

std::size_t consumer::round(std::chrono::nanoseconds youngest) {
  clock_.advance();
  auto& head = engine_.file().head();
  const std::uint32_t other = 1 - head.line.load(std::memory_order_relaxed);
  head.lines[other] = clock_.line();
  head.line.store(other, std::memory_order_release);

  const std::uint64_t horizon = clock_.now() - clock_.ticks_of(youngest.count());
  look_at_queues();
  std::size_t records = 0;
  // A batch ends with a write; then its frames are given free.
  const std::size_t batch = std::min<std::size_t>(64 * 1024, engine_.options().queue_bytes / 4);
  for (turn next = oldest(); next.from && next.from->head.ticks <= horizon; next = oldest()) {
    const std::uint64_t last = std::min(next.until, horizon);
    do {
      if (batch_records_ == 0) begin_batch();
      drops_oldest() ? deliver_copied(*next.from) : deliver(*next.from);
      ++records;
      if (batch_bytes_ >= batch) finish_batch();
    } while (!drops_oldest() && next_head(*next.from) && next.from->head.ticks <= last);
  }
  finish_batch();
  return records;
}

bool consumer::has_pending() const noexcept {
  if (engine_.slots_in_use_.load(std::memory_order_acquire) != slots_seen_) return true;
  return std::any_of(sources_.begin(), sources_.end(), [](const auto& each) {
    return each->shared->read.load(std::memory_order_relaxed) !=
           each->shared->written.load(std::memory_order_acquire);
  });
}

void consumer::look_at_queues() {
  if (const std::uint32_t now = engine_.slots_in_use_.load(std::memory_order_acquire); now != slots_seen_) {
    const std::lock_guard lock(engine_.mutex_);
    for (const auto& slot : engine_.slots_) {
      const bool known = std::any_of(sources_.begin(), sources_.end(),
                                     [&](const auto& each) { return each->from == slot.held.get(); });
      if (!known)
        sources_.push_back(std::make_unique<source>(*slot.held, engine_.options().queue_bytes - 1,
                                                    engine_.file().head().nonce));
    }
    slots_seen_ = now;
  }
  for (const auto& each : sources_) each->end = each->shared->written.load(std::memory_order_acquire);
}

// Finds the next record of a queue in this round.
bool consumer::next_head(source& from) noexcept {
  if (from.has_head) return true;
  try {
    while (from.position < from.end) {
      from.head = from.frames.head_at(from.position, from.end);
      from.has_head = from.head.kind() == frame_kind::record;
      if (from.has_head) return true;
      from.position += padded(from.head.size);
      batch_bytes_ += padded(from.head.size);
    }
  } catch (const malformed&) {
    report("a log queue was overwritten by the program; what was in it is lost");
    batch_bytes_ += from.end - from.position;
    from.position = from.end;
  }
  return false;
}

consumer::turn consumer::oldest() {
  turn result;
  for (const auto& each : sources_) {
    if (drops_oldest()) {
      // The writer may have moved on meanwhile.
      const locked_reading lock(*each->from);
      const std::uint64_t read = each->shared->read.load(std::memory_order_relaxed);
      if (each->position < read) {
        each->position = read;
        each->has_head = false;
      }
      if (each->position > each->end) continue;
      if (!next_head(*each)) {
        if (each->position != read) each->from->delivered_up_to(each->position);
        continue;
      }
    } else if (!next_head(*each)) {
      continue;
    }
    if (!result.from) {
      result.from = each.get();
    } else if (each->head.ticks < result.from->head.ticks) {
      result = {each.get(), result.from->head.ticks};
    } else {
      result.until = std::min(result.until, each->head.ticks);
    }
  }
  return result;
}

void consumer::deliver(source& from) {
  hand_over(from, from.frames.payload(from.position, from.head));
  from.position += padded(from.head.size);
  from.has_head = false;
}

// The frame is copied and given free before a sink sees it: while the sink blocks, the writer drops others.
void consumer::deliver_copied(source& from) {
  {
    const locked_reading lock(*from.from);
    const std::uint64_t read = from.shared->read.load(std::memory_order_relaxed);
    if (from.position < read) {  // dropped since oldest() saw it
      from.has_head = false;
      return;
    }
    copied_.assign(from.frames.payload(from.position, from.head));
    const site& where = sites_.of(from.head.site(), engine_.file().head().dictionary_used.load());
    if (where.form != site_form::whole) {
      from.frames.state_of(from.position, from.head);
      from.frames.bound_of(from.position, from.head);
    }
    from.from->handing_over.store(true, std::memory_order_relaxed);
    from.from->delivered_up_to(from.position + padded(from.head.size));
  }
  hand_over(from, copied_);
  from.from->handing_over.store(false, std::memory_order_release);
  from.position += padded(from.head.size);
  from.has_head = false;
}

void consumer::hand_over(source& from, std::string_view payload) {
  try {
    const settings* const present = memory_.refresh();
    const site& where =
        sites_.of(from.head.site(), engine_.file().head().dictionary_used.load(std::memory_order_acquire));
    decoder_.decode({from.position, from.head, payload}, where, from.frames, clock_.line(), memory_,
                    [&](const record& rec) {
                      if (present)
                        detail::deliver(*present, rec, memory_.line);
                      else
                        count_undelivered();
                    });
  } catch (...) {  // out of memory
    count_undelivered();
  }
  memory_.recycle();
  batch_bytes_ += padded(from.head.size);
  ++batch_records_;
}

// From here on lines may be in the file of a sink although their records are still in a queue.
void consumer::begin_batch() {
  const auto present = current_settings();
  if (!present) return;
  auto& head = engine_.file().head();
  head.mark_count.store(0, std::memory_order_release);
  std::uint32_t count = 0;
  for (const auto& slot : present->sinks) {
    const std::lock_guard lock(slot->mutex);
    if (!slot->target) continue;
    slot->target->gather();
    const auto position = slot->target->position();
    sink_mark& mark = head.marks[count];
    if (!position || position->path.size() >= mark.path.size()) continue;
    mark.path[position->path.copy(mark.path.data(), mark.path.size() - 1)] = '\0';
    const std::string_view schema = present->schema_of(*slot);
    mark.schema[schema.copy(mark.schema.data(), mark.schema.size() - 1)] = '\0';
    mark.device = position->device;
    mark.inode = position->inode;
    mark.size = position->size;
    if (++count == head.marks.size()) break;
  }
  head.mark_count.store(count, std::memory_order_release);
}

void consumer::finish_batch() {
  if (batch_bytes_ == 0) return;
  if (batch_records_ != 0) flush_sinks();
  engine_.delivered_.fetch_add(batch_records_, std::memory_order_relaxed);
  if (!drops_oldest())
    for (const auto& each : sources_) {
      if (each->position != each->shared->read.load(std::memory_order_relaxed))
        each->from->delivered_up_to(each->position);
    }
  batch_bytes_ = batch_records_ = 0;
}

void consumer::announce_dropped(bool at_once) {
  constexpr std::int64_t second = 1'000'000'000;
  if (!engine_.dropped_more_.load(std::memory_order_relaxed)) return;
  const std::int64_t now = realtime_nanoseconds();
  if (!at_once && now < next_announcement_) return;
  next_announcement_ = now + second;
  engine_.dropped_more_.store(false, std::memory_order_relaxed);
  pipeline_statistics present;
  engine_.add_statistics(present);
  const logger itself("ctxlog");
  for (const dropped_records& each : present.dropped_by) {
    std::uint64_t& said =
        announced_[static_cast<std::size_t>(each.reason)][static_cast<std::size_t>(each.level)];
    if (each.count == said) continue;
    itself.warn("{dropped} records were dropped, their queue was full", kv("dropped", each.count - said),
                kv("dropped_level", level_name(each.level)), kv("reason", name_of(each.reason)));
    said = each.count;
  }
}

}  // namespace ctxlog::detail
