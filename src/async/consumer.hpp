// Empties the queues of an engine: frames in the order of their time, as records, to the sinks.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "async/decoder.hpp"
#include "async/engine.hpp"

namespace ctxlog::detail {

// One thread.
class consumer {
 public:
  explicit consumer(engine& served) : engine_(served), clock_(ticks_are_cycles()) {}
  consumer(const consumer&) = delete;
  consumer& operator=(const consumer&) = delete;
  ~consumer();

  // Delivers what was published before the call and is older than `youngest`, as far as there is; returns the
  // number of records.
  std::size_t round(std::chrono::nanoseconds youngest);
  // Whether something is left in a queue.
  bool has_pending() const noexcept;
  std::uint32_t slots_seen() const noexcept { return slots_seen_; }
  // Says how many records were dropped, as a record; at most once a second unless `at_once`.
  void announce_dropped(bool at_once);

 private:
  struct source {
    source(queue& of, std::uint64_t mask, std::uint64_t nonce) noexcept
        : from(&of),
          shared(of.mapped().head),
          position(shared->read.load(std::memory_order_relaxed)),
          frames(of.mapped().bytes, mask, nonce) {}

    queue* from;
    queue_head* shared;
    std::uint64_t position;  // of the next frame
    std::uint64_t end = 0;   // as far as it is looked at in this round
    frame_head head{};       // of the next frame that is a record
    bool has_head = false;
    frame_reader frames;
  };

  // Whose records are next, up to the time of the first of another queue.
  struct turn {
    source* from = nullptr;
    std::uint64_t until = std::numeric_limits<std::uint64_t>::max();  // ticks
  };

  void look_at_queues();
  bool next_head(source&) noexcept;
  turn oldest();
  void deliver(source&);
  void deliver_copied(source&);
  void hand_over(source&, std::string_view payload);
  void begin_batch();
  void finish_batch();
  bool drops_oldest() const noexcept { return engine_.options().when_full == overflow::drop_oldest; }

  engine& engine_;
  tick_clock clock_;
  site_reader sites_{engine_.file().dictionary(), engine_.file().layout().dictionary_bytes};
  std::vector<std::unique_ptr<source>> sources_;
  std::uint32_t slots_seen_ = 0;
  std::size_t batch_bytes_ = 0, batch_records_ = 0;
  std::int64_t next_announcement_ = 0;
  std::array<std::array<std::uint64_t, 256>, drop_reasons> announced_{};
  std::string copied_;
  scratch memory_;
  record_decoder decoder_;
};

}  // namespace ctxlog::detail
