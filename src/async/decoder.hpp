// From the frames of a queue to records: behind the caller, or in another process.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <span>
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
  std::uint64_t thread_id = 0;
  std::string thread_name;
  std::vector<const field_set*> plain, patched;  // what patchers made comes behind the fields of the call
  std::deque<field_set> sets;
};

// The frames of one queue. Trusts nothing: bytes that are not what they should be throw `malformed`.
class frame_reader {
 public:
  // `ring` holds the ring twice in a row.
  frame_reader(const char* ring, std::uint64_t mask, std::uint64_t nonce) noexcept
      : ring_(ring), mask_(mask), nonce_(nonce) {}

  // The frame at `position` of a queue that is written up to `written`.
  frame_head head_at(std::uint64_t position, std::uint64_t written) const {
    frame_head head;
    if (position > written || written - position < sizeof head || written - position > mask_ + 1)
      throw malformed();
    std::memcpy(&head, ring_ + (position & mask_), sizeof head);
    if (head.check != check_of(head, position, nonce_) || head.size < sizeof head ||
        padded(head.size) > written - position)
      throw malformed();
    return head;
  }
  // Behind its head.
  std::string_view payload(std::uint64_t position, const frame_head& head) const noexcept {
    return {ring_ + (position & mask_) + sizeof head, head.size - sizeof head};
  }

  // Of the record at `position`; kept until another is asked for.
  const told_state& state_of(std::uint64_t position, const frame_head& head) {
    if (position - bytes_back(head.state) != state_at_) read_state(position, head.state);
    return state_;
  }
  const field_set* bound_of(std::uint64_t position, const frame_head& head) {
    if (head.bound == 0) return nullptr;
    if (position - bytes_back(head.bound) != bound_at_) read_bound(position, head.bound);
    return &bound_;
  }

 private:
  static constexpr std::uint64_t none = ~std::uint64_t{0};

  static std::uint64_t bytes_back(std::uint32_t words) noexcept { return std::uint64_t{words} * 8; }
  std::string_view told(std::uint64_t position, std::uint32_t back, frame_kind) const;
  void read_state(std::uint64_t position, std::uint32_t back);
  void read_bound(std::uint64_t position, std::uint32_t back);

  const char* ring_;
  std::uint64_t mask_, nonce_;
  std::uint64_t state_at_ = none, bound_at_ = none;
  told_state state_;
  field_set bound_;
};

// A record in a queue; the payload may have been copied from there.
struct record_frame {
  std::uint64_t position;
  frame_head head;
  std::string_view payload;
};

// Makes the records of frames. The memory of one serves the next.
class record_decoder {
 public:
  // Gives it to `use(const record&)`, which must not keep it.
  template <class Use>
  void decode(const record_frame& frame, const site& where, frame_reader& frames, const tick_line& clock,
              scratch& memory, Use use) {
    wire_reader in(frame.payload);
    const std::string_view text = where.has_text ? where.text : in.text();
    if (where.form == site_form::whole) {
      const whole_record rest = read_whole(in, memory.memory);
      record_builder builder(memory, {where.level, rest.time, where.where, where.logger, text, rest.thread_id,
                                      rest.thread_name});
      builder.add_call_fields(rest.fields);
      builder.set_message(rest.message);
      return use(builder.result());
    }
    const told_state& state = frames.state_of(frame.position, frame.head);
    const call_values values = where.form == site_form::typed ? read_typed(in, where, memory.memory)
                                                              : read_generic(in, memory.memory);
    record_builder builder(memory, {where.level, sys_time_of(clock.time_of(frame.head.ticks)), where.where,
                                    where.logger, text, state.thread_id, state.thread_name});
    for (const field_set* fields : state.plain) builder.add(fields);
    builder.add(frames.bound_of(frame.position, frame.head));
    builder.add_call_fields(values.fields);
    if (where.syntax == message_syntax::plain)
      builder.set_message(text);
    else
      builder.format(text, where.holes, values.arguments);
    for (const field_set* fields : state.patched) builder.add(fields);
    use(builder.result());
  }

 private:
  struct call_values {
    std::span<const argument> arguments;
    field_run fields;
  };
  struct whole_record {
    std::chrono::sys_time<std::chrono::nanoseconds> time;
    std::uint64_t thread_id;
    std::string_view thread_name, message;
    field_run fields;
  };
  // What an argument is shown by.
  struct shown_object {
    alignas(8) std::array<std::byte, 16> bytes;
  };

  static std::chrono::sys_time<std::chrono::nanoseconds> sys_time_of(std::int64_t nanoseconds) noexcept {
    return std::chrono::sys_time<std::chrono::nanoseconds>{std::chrono::nanoseconds{nanoseconds}};
  }
  call_values read_typed(wire_reader, const site&, arena&);
  static call_values read_generic(wire_reader, arena&);
  static whole_record read_whole(wire_reader, arena&);
  static argument read_argument(wire_reader&, value_tag, shown_object&);

  std::vector<argument> arguments_;
  std::vector<shown_object> shown_;
  std::vector<field> fields_;
};

}  // namespace ctxlog::detail
