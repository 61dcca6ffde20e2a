// Values with their tags, and reading them back without trust.
// SPDX-License-Identifier: MIT
#include "async/wire.hpp"

#include <new>

#include "ctxlog/field.hpp"

namespace ctxlog::detail {
namespace {

// Deeper than any value that was made here.
constexpr std::size_t deepest = 2 * limits::depth;

char* put_tag(char* out, value_tag tag) noexcept {
  *out = static_cast<char>(tag);
  return out + 1;
}

}  // namespace

std::size_t size_of_any_tagged(const value& v) noexcept {
  std::size_t size = 1;
  switch (v.kind()) {
    case value_kind::null:
      return size;
    case value_kind::boolean:
      return size + 1;
    case value_kind::string:
      return size + wire_size(v.string());
    case value_kind::array:
      size += sizeof(std::uint32_t);
      for (const value& item : v.array()) size += tagged_size(item);
      return size;
    case value_kind::object:
      size += sizeof(std::uint32_t);
      for (const field& member : v.object()) size += wire_size(member.key) + tagged_size(member.value);
      return size;
    default:
      return size + 8;
  }
}

char* put_any_tagged(char* out, const value& v) noexcept {
  switch (v.kind()) {
    case value_kind::null:
      return put_tag(out, value_tag::null);
    case value_kind::boolean:
      return put_wire(put_tag(out, value_tag::boolean), static_cast<char>(v.boolean()));
    case value_kind::integer:
      return put_wire(put_tag(out, value_tag::integer), v.integer());
    case value_kind::unsigned_integer:
      return put_wire(put_tag(out, value_tag::unsigned_integer), v.unsigned_integer());
    case value_kind::real:
      return put_wire(put_tag(out, value_tag::real), v.real());
    case value_kind::string:
      return put_wire(put_tag(out, value_tag::string), v.string());
    case value_kind::time:
      return put_wire(put_tag(out, value_tag::time), v.time().time_since_epoch().count());
    case value_kind::duration:
      return put_wire(put_tag(out, value_tag::duration), v.duration().count());
    case value_kind::array:
      out = put_wire(put_tag(out, value_tag::array), static_cast<std::uint32_t>(v.array().size()));
      for (const value& item : v.array()) out = put_tagged(out, item);
      return out;
    case value_kind::object:
      out = put_wire(put_tag(out, value_tag::object), static_cast<std::uint32_t>(v.object().size()));
      for (const field& member : v.object()) {
        out = put_wire(out, member.key);
        out = put_tagged(out, member.value);
      }
      return out;
  }
  return put_tag(out, value_tag::null);
}

std::uint32_t wire_reader::count(std::size_t least_size) {
  const auto result = number<std::uint32_t>();
  if (result > static_cast<std::size_t>(end_ - next_) / least_size) throw malformed();
  return result;
}

value wire_reader::untagged_of_rare_kind(value_tag tag, arena& memory, std::size_t depth) {
  if (depth > deepest) throw malformed();
  switch (tag) {
    case value_tag::null:
      return value();
    case value_tag::character:
      return value(std::string_view(take(1), 1));
    case value_tag::real32:
      return value(widen(number<float>()));
    case value_tag::time:
      return value(
          std::chrono::sys_time<std::chrono::nanoseconds>(std::chrono::nanoseconds(number<std::int64_t>())));
    case value_tag::duration:
      return value(std::chrono::nanoseconds(number<std::int64_t>()));
    case value_tag::array: {
      const std::uint32_t size = count(1);
      auto* items = allocate<value>(memory, size);
      for (std::uint32_t i = 0; i < size; ++i) new (items + i) value(tagged(memory, depth + 1));
      return value(std::span<const value>(items, size));
    }
    case value_tag::object: {
      const std::uint32_t size = count(5);
      auto* members = allocate<field>(memory, size);
      for (std::uint32_t i = 0; i < size; ++i) {
        const std::string_view key = text();
        new (members + i) field{key, tagged(memory, depth + 1)};
      }
      return value(std::span<const field>(members, size));
    }
    default:
      throw malformed();
  }
}

}  // namespace ctxlog::detail
