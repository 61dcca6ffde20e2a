// Reading frames back.
// SPDX-License-Identifier: MIT
#include "async/decoder.hpp"

#include <cstring>
#include <new>

#include "ctxlog/message.hpp"

namespace ctxlog::detail {
namespace {

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

std::string_view frame_reader::told(std::uint64_t position, std::uint32_t back, frame_kind kind) const {
  const std::uint64_t distance = bytes_back(back);
  if (distance == 0 || distance > position || distance > (mask_ + 1) / 4) throw malformed();
  const std::uint64_t begin = position - distance;
  const frame_head head = head_at(begin, position);
  if (head.kind() != kind) throw malformed();
  return payload(begin, head);
}

void frame_reader::read_state(std::uint64_t position, std::uint32_t back) {
  wire_reader in(told(position, back, frame_kind::state));
  std::array<std::byte, scratch_bytes> stack;
  arena memory(stack.data(), stack.size());
  state_at_ = none;
  state_.thread_id = in.number<std::uint64_t>();
  state_.thread_name = in.text();
  state_.plain.clear();
  state_.patched.clear();
  state_.sets.clear();
  while (!in.at_end()) {
    const auto role = in.number<std::uint8_t>();
    if (role > static_cast<std::uint8_t>(run_role::patched)) throw malformed();
    field_set& fields = state_.sets.emplace_back();
    read_fields(in, memory, fields);
    (static_cast<run_role>(role) == run_role::patched ? state_.patched : state_.plain).push_back(&fields);
  }
  state_at_ = position - bytes_back(back);
}

void frame_reader::read_bound(std::uint64_t position, std::uint32_t back) {
  wire_reader in(told(position, back, frame_kind::bound));
  std::array<std::byte, scratch_bytes> stack;
  arena memory(stack.data(), stack.size());
  bound_at_ = none;
  bound_.clear();
  read_fields(in, memory, bound_);
  if (!in.at_end()) throw malformed();
  bound_at_ = position - bytes_back(back);
}

// The value of an argument, and an object of the type by which fmt shows it.
argument record_decoder::read_argument(wire_reader& in, value_tag tag, shown_object& shown) {
  const auto keep = [&]<class T>(const T& v) {
    static_assert(sizeof(T) <= sizeof shown.bytes && alignof(T) <= alignof(shown_object));
    return static_cast<const void*>(new (shown.bytes.data()) T(v));
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

record_decoder::call_values record_decoder::read_typed(wire_reader in, const site& where, arena& memory) {
  if (arguments_.size() < where.parts.size()) {
    arguments_.resize(where.parts.size());
    shown_.resize(where.parts.size());
    fields_.resize(where.parts.size());
  }
  argument* next_argument = arguments_.data();
  shown_object* next_shown = shown_.data();
  field* next_field = fields_.data();
  // Made in place: what is made elsewhere word by word would have to be in memory before it can be copied.
  for (const site::part& part : where.parts) {
    if (part.kind == part_kind::argument) {
      new (next_argument++) argument(read_argument(in, part.tag, *next_shown++));
    } else {
      const std::string_view key = part.kind == part_kind::field ? part.key : checked_key(memory, in.text());
      new (next_field++) field{key, in.untagged(part.tag, memory)};
    }
  }
  if (!in.at_end()) throw malformed();
  return {{arguments_.data(), next_argument},
          {fields_.data(), static_cast<std::size_t>(next_field - fields_.data()), where.keys, 0, where.list,
           where.constant_keys}};
}

record_decoder::call_values record_decoder::read_generic(wire_reader in, arena& memory) {
  const auto count = in.number<std::uint32_t>();
  constexpr std::uint32_t most_arguments = 100;
  if (count > most_arguments) throw malformed();
  auto* const arguments = allocate<argument>(memory, count);
  for (std::uint32_t i = 0; i < count; ++i) new (arguments + i) argument{in.tagged(memory), nullptr, nullptr};
  const auto fields = read_fields(in, memory);
  if (!in.at_end()) throw malformed();
  return {{arguments, count}, {fields.data(), fields.size(), 0, 0, 0, false}};
}

record_decoder::whole_record record_decoder::read_whole(wire_reader in, arena& memory) {
  const auto time = sys_time_of(in.number<std::int64_t>());
  const auto thread_id = in.number<std::uint64_t>();
  const std::string_view thread_name = in.text();
  const std::string_view message = in.text();
  const auto fields = read_fields(in, memory);
  if (!in.at_end()) throw malformed();
  return {time, thread_id, thread_name, message, {fields.data(), fields.size(), 0, 0, 0, false}};
}

}  // namespace ctxlog::detail
