// From the frames of a queue to records: behind the caller, or in another process.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "async/frame.hpp"
#include "async/site_table.hpp"
#include "async/wire.hpp"
#include "ctxlog/field_set.hpp"
#include "record_builder.hpp"
#include "scratch.hpp"
#include "tick_clock.hpp"

namespace ctxlog::detail {

// What the records of a thread have in common, as a state frame says.
struct told_state {
  struct run {
    run_role role;
    field_set fields;
  };

  std::uint64_t thread_id = 0;
  std::string thread_name;
  std::deque<run> runs;
};

// The frames of one queue. Trusts nothing: bytes that are not what they should be throw `malformed`.
class frame_reader {
 public:
  // `ring` holds the ring twice in a row.
  frame_reader(const char* ring, std::uint64_t mask, std::uint64_t nonce) noexcept
      : ring_(ring), mask_(mask), nonce_(nonce) {}

  // The frame at `position` of a queue that is written up to `written`.
  frame_head head_at(std::uint64_t position, std::uint64_t written) const;
  // Behind its head.
  std::string_view payload(std::uint64_t position, const frame_head& head) const noexcept {
    return {ring_ + (position & mask_) + sizeof head, head.size - sizeof head};
  }

  // Of the record at `position`; kept until another is asked for.
  const told_state& state_of(std::uint64_t position, const frame_head&);
  const field_set* bound_of(std::uint64_t position, const frame_head&);

 private:
  static constexpr std::uint64_t none = ~std::uint64_t{0};

  std::string_view told(std::uint64_t position, std::uint32_t back, frame_kind, std::uint64_t& at) const;

  const char* ring_;
  std::uint64_t mask_, nonce_;
  std::uint64_t state_at_ = none, bound_at_ = none;
  told_state state_;
  field_set bound_;
};

// Makes the record of a frame and gives it to `use(const record&)`, which must not keep it.
class record_decoder {
 public:
  record_decoder(const site& where, const tick_line& clock) noexcept : site_(where), clock_(clock) {}

  template <class Use>
  void decode(frame_reader& frames, std::uint64_t position, const frame_head& head, std::string_view payload,
              scratch& memory, Use use) const {
    parts made;
    read(payload, memory.memory, made);
    if (site_.form == site_form::whole) {
      record_builder builder(memory, made.from);
      builder.add_call_fields(made.fields);
      builder.set_message(made.message);
      return use(builder.result());
    }
    const told_state& state = frames.state_of(position, head);
    made.from.time = sys_time_of(clock_.time_of(head.ticks));
    made.from.thread_id = state.thread_id;
    made.from.thread_name = state.thread_name;
    record_builder builder(memory, made.from);
    add(builder, state, false);
    builder.add(frames.bound_of(position, head));
    builder.add_call_fields(made.fields);
    if (site_.syntax == message_syntax::plain)
      builder.set_message(made.from.message_template);
    else
      builder.format(made.from.message_template, made.arguments);
    add(builder, state, true);
    use(builder.result());
  }

 private:
  struct parts {
    origin from;
    std::string_view message;
    std::span<const argument> arguments;
    field_run fields;
  };

  static std::chrono::sys_time<std::chrono::nanoseconds> sys_time_of(std::int64_t nanoseconds) noexcept {
    return std::chrono::sys_time<std::chrono::nanoseconds>{std::chrono::nanoseconds{nanoseconds}};
  }
  static void add(record_builder&, const told_state&, bool patched);
  void read(std::string_view payload, arena&, parts&) const;
  void read_typed(wire_reader&, arena&, parts&) const;
  void read_generic(wire_reader&, arena&, parts&) const;
  void read_whole(wire_reader&, arena&, parts&) const;

  const site& site_;
  const tick_line& clock_;
};

}  // namespace ctxlog::detail
