// What a queue is made of: frames, each with a head that another process can check.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

#include "ctxlog/level.hpp"

namespace ctxlog::detail {

enum class frame_kind : std::uint32_t {
  record = 1,
  state =
      2,     // what records of the thread have in common: thread, global and ambient fields, context patchers
  bound = 3  // the fields of a logger
};

// Where the fields of a state frame come from.
enum class run_role : std::uint8_t { global = 0, ambient = 1, patched = 2 };

// Positions count the bytes ever written to a queue; a frame begins at a multiple of 8.
struct frame_head {
  std::uint32_t size;          // bytes, this head included
  std::uint32_t what;          // kind, of a record also level and site (see site_table)
  std::uint64_t ticks;         // see tick_clock
  std::uint32_t state, bound;  // of a record: words of 8 bytes back to the frames it refers to; 0: none
  std::uint64_t check;

  static constexpr std::uint32_t max_site = (1u << 20) - 1;
  static constexpr std::uint32_t what_of(frame_kind kind, ctxlog::level l, std::uint32_t site) noexcept {
    return static_cast<std::uint32_t>(kind) << 28 | static_cast<std::uint32_t>(l) << 20 | site;
  }
  frame_kind kind() const noexcept { return static_cast<frame_kind>(what >> 28); }
  static constexpr ctxlog::level level_of(std::uint32_t what) noexcept {
    return static_cast<ctxlog::level>(what >> 20 & 0xFF);
  }
  ctxlog::level level() const noexcept { return level_of(what); }
  std::uint32_t site() const noexcept { return what & max_site; }
};

// Bytes left over from other frames, or from other files, do not pass for a head at that position. The text of
// a frame is not covered: that would cost the caller more than all the rest.
constexpr std::uint64_t check_of(std::uint64_t size_and_what, std::uint64_t ticks, std::uint64_t references,
                                 std::uint64_t position, std::uint64_t nonce) noexcept {
  constexpr std::uint64_t odd = 0x9E37'79B9'7F4A'7C15;
  std::uint64_t sum = (position ^ nonce) * odd;
  sum = (sum ^ ticks) * odd;
  sum = (sum ^ size_and_what) * odd;
  sum ^= references;
  return sum ^ sum >> 29;
}

constexpr std::uint64_t joined(std::uint32_t first, std::uint32_t second) noexcept {
  return std::uint64_t{second} << 32 | first;
}

constexpr std::uint64_t check_of(const frame_head& head, std::uint64_t position,
                                 std::uint64_t nonce) noexcept {
  return check_of(joined(head.size, head.what), head.ticks, joined(head.state, head.bound), position, nonce);
}

// What a frame takes of the queue.
constexpr std::uint64_t padded(std::uint64_t size) noexcept { return (size + 7) & ~std::uint64_t{7}; }

}  // namespace ctxlog::detail
