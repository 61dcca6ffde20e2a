// Reading frames back.
// SPDX-License-Identifier: MIT
#include "async/decoder.hpp"

#include <cstring>
#include <new>

#include "ctxlog/message.hpp"

namespace ctxlog::detail {
namespace {

// The value of an argument, and an object of the type by which fmt shows it.
argument shown(value_tag tag, wire_reader& in, arena& memory) {
  const auto keep = [&]<class T>(const T& v) {
    return static_cast<const void*>(new (allocate<T>(memory, 1)) T(v));
  };
  switch (tag) {
    case value_tag::boolean: {
      const bool b = in.number<char>() != 0;
      return {value(b), keep(b), format_object<bool>};
    }
    case value_tag::character:
      return {value(), keep(in.number<char>()), format_object<char>};
    case value_tag::integer: {
      const auto i = in.number<std::int64_t>();
      return {value(i), keep(i), format_object<std::int64_t>};
    }
    case value_tag::unsigned_integer: {
      const auto u = in.number<std::uint64_t>();
      return {value(u), keep(u), format_object<std::uint64_t>};
    }
    case value_tag::real:
      return {value(), keep(in.number<double>()), format_object<double>};
    case value_tag::real32:
      return {value(), keep(in.number<float>()), format_object<float>};
    case value_tag::string: {
      const std::string_view text = in.text();
      if (!text.data()) return {value(), nullptr, nullptr};
      return {value(text), keep(text), format_object<std::string_view>};
    }
    default:
      throw malformed();
  }
}

void read_fields(wire_reader& in, arena& memory, field_set& fields) {
  const auto count = in.number<std::uint32_t>();
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::string_view key = in.text();
    fields.set(key, in.tagged(memory));
  }
}

std::span<field> read_fields(wire_reader& in, arena& memory) {
  constexpr std::size_t least_bytes = sizeof(std::uint32_t) + 1;  // an empty key, the tag of null
  const std::uint32_t count = in.count(least_bytes);
  auto* fields = allocate<field>(memory, count);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::string_view key = in.text();
    new (fields + i) field{key, in.tagged(memory)};
  }
  return {fields, count};
}

constexpr std::size_t scratch_bytes = 2048;

}  // namespace

frame_head frame_reader::head_at(std::uint64_t position, std::uint64_t written) const {
  frame_head head;
  if (position > written || written - position < sizeof head || written - position > mask_ + 1)
    throw malformed();
  std::memcpy(&head, ring_ + (position & mask_), sizeof head);
  if (head.check != check_of(head, position, nonce_) || head.size < sizeof head ||
      padded(head.size) > written - position)
    throw malformed();
  return head;
}

std::string_view frame_reader::told(std::uint64_t position, std::uint32_t back, frame_kind kind,
                                    std::uint64_t& at) const {
  const std::uint64_t distance = std::uint64_t{back} * 8;
  if (distance == 0 || distance > position || distance > (mask_ + 1) / 4) throw malformed();
  at = none;
  const std::uint64_t begin = position - distance;
  const frame_head head = head_at(begin, position);
  if (head.kind() != kind) throw malformed();
  return payload(begin, head);
}

const told_state& frame_reader::state_of(std::uint64_t position, const frame_head& head) {
  const std::uint64_t begin = position - std::uint64_t{head.state} * 8;
  if (begin == state_at_) return state_;
  wire_reader in(told(position, head.state, frame_kind::state, state_at_));
  std::array<std::byte, scratch_bytes> stack;
  arena memory(stack.data(), stack.size());
  state_.thread_id = in.number<std::uint64_t>();
  state_.thread_name = in.text();
  state_.runs.clear();
  while (!in.at_end()) {
    const auto role = in.number<std::uint8_t>();
    if (role > static_cast<std::uint8_t>(run_role::patched)) throw malformed();
    auto& run = state_.runs.emplace_back();
    run.role = static_cast<run_role>(role);
    read_fields(in, memory, run.fields);
  }
  state_at_ = begin;
  return state_;
}

const field_set* frame_reader::bound_of(std::uint64_t position, const frame_head& head) {
  if (head.bound == 0) return nullptr;
  const std::uint64_t begin = position - std::uint64_t{head.bound} * 8;
  if (begin == bound_at_) return &bound_;
  wire_reader in(told(position, head.bound, frame_kind::bound, bound_at_));
  std::array<std::byte, scratch_bytes> stack;
  arena memory(stack.data(), stack.size());
  bound_.clear();
  read_fields(in, memory, bound_);
  if (!in.at_end()) throw malformed();
  bound_at_ = begin;
  return &bound_;
}

void record_decoder::add(record_builder& builder, const told_state& state, bool patched) {
  for (const auto& run : state.runs)
    if ((run.role == run_role::patched) == patched) builder.add(&run.fields);
}

void record_decoder::read(std::string_view payload, arena& memory, parts& made) const {
  wire_reader in(payload);
  made.from.level = site_.level;
  made.from.where = site_.where;
  made.from.logger = site_.logger;
  made.from.message_template = site_.has_text ? site_.text : in.text();
  switch (site_.form) {
    case site_form::typed:
      read_typed(in, memory, made);
      break;
    case site_form::generic:
      read_generic(in, memory, made);
      break;
    case site_form::whole:
      read_whole(in, memory, made);
      break;
    default:
      throw malformed();
  }
  if (!in.at_end()) throw malformed();
}

void record_decoder::read_typed(wire_reader& in, arena& memory, parts& made) const {
  auto* const arguments = allocate<argument>(memory, site_.parts.size());
  auto* const fields = allocate<field>(memory, site_.parts.size());
  std::size_t argument_count = 0, field_count = 0;
  for (const site::part& part : site_.parts) {
    if (part.kind == part_kind::argument) {
      new (arguments + argument_count++) argument(shown(part.tag, in, memory));
    } else {
      const std::string_view key = part.kind == part_kind::field ? part.key : checked_key(memory, in.text());
      new (fields + field_count++) field{key, in.untagged(part.tag, memory)};
    }
  }
  made.arguments = {arguments, argument_count};
  made.fields = {fields, field_count, site_.keys, 0, site_.constant_keys};
}

void record_decoder::read_generic(wire_reader& in, arena& memory, parts& made) const {
  const auto count = in.number<std::uint32_t>();
  constexpr std::uint32_t most_arguments = 100;
  if (count > most_arguments) throw malformed();
  auto* const arguments = allocate<argument>(memory, count);
  for (std::uint32_t i = 0; i < count; ++i) new (arguments + i) argument{in.tagged(memory), nullptr, nullptr};
  made.arguments = {arguments, count};
  const auto fields = read_fields(in, memory);
  made.fields = {fields.data(), fields.size(), 0, 0, false};
}

void record_decoder::read_whole(wire_reader& in, arena& memory, parts& made) const {
  made.from.time = sys_time_of(in.number<std::int64_t>());
  made.from.thread_id = in.number<std::uint64_t>();
  made.from.thread_name = in.text();
  made.message = in.text();
  const auto fields = read_fields(in, memory);
  made.fields = {fields.data(), fields.size(), 0, 0, false};
}

}  // namespace ctxlog::detail
