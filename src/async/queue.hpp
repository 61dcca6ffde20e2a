// The queue of one thread: a ring of frames with one writer and one reader.
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
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
#include "tick_clock.hpp"

namespace ctxlog::detail {

class engine;

// What the writer last told the reader, so that records need not repeat it.
struct told_frame {
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

  // The writer's part.

  engine& owner() const noexcept { return owner_; }

  // A frame for a record of `size` bytes behind the head, of which `what` is a part. The state, and what is bound,
  // were told and reach it.
  open_frame open_record(std::uint32_t what, bool is_bound, std::size_t size) noexcept {
    const std::uint64_t end = end_of(size);
    if (end > room_until_) [[unlikely]] {
      if (!find_room(frame_head::level_of(what), end)) return {nullptr, &publication_};
    }
    return open_within_room(what, is_bound, size, end);
  }

  // Writes a frame that is not a record: what `write(begin, end)` puts there; it returns where that ends, or null when it
  // needs more, and may be called again. Waits for room where that is the policy. False when there is none: a record that
  // says everything by itself meets the policy.
  template <class Write>
  bool tell(told_frame& told, frame_kind kind, Write write) noexcept;
  // Whether a record of `size` bytes may refer to what was told.
  bool reaches(const told_frame& told, std::size_t size) const noexcept { return end_of(size) <= told.limit; }
  std::size_t largest_record() const noexcept { return bytes() / 8; }

  // Until everything written is delivered.
  void wait_until_delivered() noexcept;

  // For another thread: nothing was told yet.
  void start_again() noexcept {
    state = bound = {};
    generation = context = 0;
  }

  struct alignas(64) known_site {
    site_key key;
    std::uint32_t what = 0;  // of its records' heads
  };
  known_site& site_slot(const site_key& key) noexcept { return sites_[key.hash() % sites_.size()]; }

  // Of what was told. With the first private words these are two cache lines that nobody else touches, and all that
  // most records need.
  alignas(64) std::uint64_t generation = 0;  // of the settings
  std::uint64_t context = 0;                 // serial
  std::uint32_t name_changes = 0;            // of the thread
  told_frame state, bound;
  std::uint64_t bound_serial = 0;

  // For others.

  const queue_file::ring& mapped() const noexcept { return mapped_; }
  std::uint64_t records_accepted() const noexcept { return accepted_.load(std::memory_order_relaxed); }
  bool is_delivered() const noexcept {
    return mapped_.head->read.load(std::memory_order_acquire) ==
               mapped_.head->written.load(std::memory_order_acquire) &&
           !handing_over.load(std::memory_order_acquire);
  }
  // The reader is done with what lies before `position`.
  void delivered_up_to(std::uint64_t position) noexcept;

 private:
  std::uint64_t write_position() const noexcept { return publication_.end; }
  std::uint64_t end_of(std::size_t size) const noexcept {
    return write_position() + padded(sizeof(frame_head) + size);
  }
  std::uint64_t bytes() const noexcept { return std::uint64_t{mask_} + 1; }
  std::uint64_t capacity() const noexcept { return bytes() / 4 * 3; }
  char* put_head(std::size_t size, std::uint32_t what, std::uint64_t ticks,
                 std::uint64_t references) noexcept;
  static void put_word(char* out, std::uint64_t word) noexcept {
    // Two words joined in a vector register would cost more than two stores.
    *reinterpret_cast<volatile std::uint64_t*>(out) = word;
  }
  std::uint32_t words_back_to(const told_frame& told) const noexcept {
    return static_cast<std::uint32_t>((write_position() - told.position) / 8);
  }
  open_frame open_within_room(std::uint32_t what, bool is_bound, std::size_t size,
                              std::uint64_t end) noexcept;
  // False: the record is dropped and counted.
  bool find_room(level, std::uint64_t end) noexcept;
  // What was told without a record behind it would never be given free.
  void publish_told() noexcept;
  // Within the part of the queue that records of any level may use. Asks the reader's cache line.
  bool has_room(std::uint64_t end) noexcept;
  // Waits for it where that is the policy.
  void ask_for_room(std::uint64_t end) noexcept;
  // Makes room up to `end` or says why not.
  std::optional<drop_reason> make_room(level, std::uint64_t end) noexcept;
  bool wait_for_room(std::uint64_t end, std::chrono::milliseconds most) noexcept;
  bool drop_oldest(std::uint64_t end) noexcept;

  std::uint64_t room_until_ = 0;  // as far as is known
  frame_publication publication_;
  std::atomic<std::uint64_t> accepted_{0};
  char* ring_;
  std::uint64_t nonce_;
  std::uint32_t mask_;
  bool cycles_;

  std::array<known_site, 128> sites_{};
  engine& owner_;

  alignas(64) queue_file::ring mapped_;
  std::uint64_t common_;  // what records of any level may use

  // Written to by the reader too: away from what the writer reads.
  alignas(64) std::atomic<std::uint32_t> waiting_{0};  // 1 while the writer waits for room

 public:
  // Held by whoever moves the reading position, when the writer may drop the oldest records.
  std::atomic<bool> reading{false};
  // A record was given free before the sinks have it. Set before `read` passes it.
  std::atomic<bool> handing_over{false};
};

inline char* queue::put_head(std::size_t size, std::uint32_t what, std::uint64_t ticks,
                             std::uint64_t references) noexcept {
  const std::uint64_t position = write_position();
  char* const out = ring_ + (position & mask_);
  const std::uint64_t size_and_what = joined(static_cast<std::uint32_t>(sizeof(frame_head) + size), what);
  // Word by word: a head put together elsewhere would have to be in memory before it can be copied.
  put_word(out, size_and_what);
  put_word(out + 8, ticks);
  put_word(out + 16, references);
  put_word(out + 24, check_of(size_and_what, ticks, references, position, nonce_));
  return out + sizeof(frame_head);
}

// The reader's processor has the lines that are written next; they are fetched while the caller does something
// else. The ring is there twice in a row: none of them is behind its end.
inline void fetch_ahead(const char* written) noexcept {
  constexpr std::size_t ahead = 640, line = 64, lines = 3;
  for (std::size_t i = 0; i < lines; ++i) {
    const char* const byte = written + ahead + i * line;
#if defined(__x86_64__)
    asm volatile("prefetchw %0" : : "m"(*byte));  // __builtin_prefetch() fetches for reading without -mprfchw
#else
    __builtin_prefetch(byte, 1);
#endif
  }
}

inline open_frame queue::open_within_room(std::uint32_t what, bool is_bound, std::size_t size,
                                          std::uint64_t end) noexcept {
  const std::uint32_t back_to_bound = is_bound ? words_back_to(bound) : 0;
  char* const values = put_head(size, what, ticks_now(cycles_), joined(words_back_to(state), back_to_bound));
  fetch_ahead(values);
  accepted_.store(records_accepted() + 1, std::memory_order_relaxed);
  publication_.end = end;
  return {values, &publication_};
}

template <class Write>
bool queue::tell(told_frame& told, frame_kind kind, Write write) noexcept {
  const std::uint64_t begin = write_position(), most = end_of(largest_record());
  char* const values = ring_ + (begin & mask_) + sizeof(frame_head);
  // First with the room that is known: asking for more is asking the reader's cache line.
  for (bool asked = false;; asked = true) {
    if (asked) ask_for_room(most);
    const std::uint64_t room = std::min(room_until_, most) & ~std::uint64_t{7};
    const char* const end =
        room > end_of(0) ? write(values, values + (room - begin - sizeof(frame_head))) : nullptr;
    if (end) {
      const auto size = static_cast<std::size_t>(end - values);
      put_head(size, frame_head::what_of(kind, level::trace, 0), 0, 0);
      told = {begin, begin + bytes() / 4};
      // Published with the record that follows: the reader may have that cache line.
      publication_.end = end_of(size);
      return true;
    }
    if (asked || room == most) return false;
  }
}

}  // namespace ctxlog::detail
