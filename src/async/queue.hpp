// The queue of one thread: a ring of frames with one writer and one reader.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <optional>

#include "async/frame.hpp"
#include "async/queue_file.hpp"
#include "async/site_table.hpp"
#include "ctxlog/deferred.hpp"
#include "ctxlog/pipeline.hpp"

namespace ctxlog::detail {

class engine;

// What the writer last told the reader, so that records need not repeat it.
struct told_frame {
  std::uint64_t serial = 0;    // of the content
  std::uint64_t position = 0;  // of the frame
  std::uint64_t limit = 0;     // records that end behind it must be told anew: the frame would be overwritten
};

// Three quarters of the ring are used at most, and records refer to frames at most a quarter of it behind them:
// what an undelivered record refers to is still there, for the reader as for a process that recovers it.
class queue {
 public:
  queue(engine& owner, const queue_file::ring& mapped) noexcept;
  queue(const queue&) = delete;
  queue& operator=(const queue&) = delete;

  engine& owner() const noexcept { return owner_; }

  // The writer's part.

  // A frame for a record of `size` bytes behind the head. The state, and what is bound, were told and reach it.
  open_frame open_record(level, std::uint32_t site, bool is_bound, std::size_t size) noexcept;
  // Writes a frame that is not a record. False when there was no room in time.
  template <class Write>
  bool tell(told_frame& told, frame_kind kind, std::uint64_t serial, std::size_t size, Write write) noexcept;
  // Whether a record of `size` bytes may refer to what was told.
  bool reaches(const told_frame& told, std::size_t size) const noexcept { return end_of(size) <= told.limit; }
  std::size_t largest_record() const noexcept { return bytes_ / 8; }

  // For another thread: nothing was told yet.
  void start_again() noexcept {
    state = bound = {};
    generation = context = 0;
  }

  // Until everything written is delivered.
  void wait_until_delivered() noexcept;
  bool is_delivered() const noexcept { return mapped_.head->read.load(std::memory_order_acquire) == write_; }

  struct known_site {
    site_key key{};
    std::uint32_t number = 0;
  };
  known_site& site_slot(std::size_t hash) noexcept { return sites_[hash % sites_.size()]; }

  told_frame state, bound;
  std::uint64_t generation = 0;  // of the settings that the state is of
  std::uint64_t context = 0;     // serial of the context that the state is of

  // The reader's part.

  const queue_file::ring& mapped() const noexcept { return mapped_; }
  std::uint64_t mask() const noexcept { return bytes_ - 1; }
  void delivered_up_to(std::uint64_t position) noexcept;
  std::uint64_t records_accepted() const noexcept { return accepted_.load(std::memory_order_relaxed); }

  // Held by whoever moves the reading position, when the writer may drop the oldest records.
  std::atomic<bool> reading{false};

 private:
  std::uint64_t end_of(std::size_t size) const noexcept { return write_ + padded(sizeof(frame_head) + size); }
  char* put_head(const frame_head&) noexcept;
  std::uint64_t capacity() const noexcept { return bytes_ / 4 * 3; }
  // Within the part of the queue that records of any level may use.
  bool has_room(std::uint64_t end) noexcept;
  // Makes room up to `end` or says why not.
  std::optional<drop_reason> make_room(level, std::uint64_t end) noexcept;
  bool wait_for_room(std::uint64_t end, std::chrono::milliseconds most) noexcept;
  bool drop_oldest(std::uint64_t end) noexcept;

  queue_file::ring mapped_;
  std::uint64_t bytes_;
  std::uint64_t common_;  // what records of any level may use
  std::uint64_t nonce_;
  bool cycles_;
  std::uint64_t write_ = 0;       // behind the last frame, published or not
  std::uint64_t room_until_ = 0;  // as far as is known
  std::atomic<std::uint64_t> accepted_{0};
  engine& owner_;
  std::array<known_site, 128> sites_{};
  alignas(64) std::atomic<std::uint32_t> waiting_{0};  // 1 while the writer waits for room
};

template <class Write>
bool queue::tell(told_frame& told, frame_kind kind, std::uint64_t serial, std::size_t size,
                 Write write) noexcept {
  const std::uint64_t end = end_of(size);
  if (!has_room(end) && make_room(level::off, end)) return false;
  frame_head head{
      static_cast<std::uint32_t>(sizeof head + size), frame_head::what_of(kind, level::trace, 0), 0, 0, 0, 0};
  write(put_head(head));
  told = {serial, write_, write_ + bytes_ / 4};
  write_ = end;
  mapped_.head->written.store(end, std::memory_order_release);
  return true;
}

}  // namespace ctxlog::detail
