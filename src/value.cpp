// Turning C++ objects into values: copies, JSON documents, error codes, marks for what was cut.
// SPDX-License-Identifier: MIT
#include "ctxlog/value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "ctxlog/field.hpp"
#include "text/utf8.hpp"

namespace ctxlog::detail {

std::string_view copy(arena& memory, std::string_view text) {
  if (text.empty()) return {};
  char* bytes = allocate<char>(memory, text.size());
  std::memcpy(bytes, text.data(), text.size());
  return {bytes, text.size()};
}

value copy(arena& memory, const value& v) {
  switch (v.kind()) {
    case value_kind::string:
      return value(copy(memory, v.string()));
    case value_kind::array: {
      auto* items = allocate<value>(memory, v.array().size());
      std::size_t n = 0;
      for (const value& item : v.array()) new (items + n++) value(copy(memory, item));
      return value(std::span<const value>(items, n));
    }
    case value_kind::object: {
      auto* members = allocate<field>(memory, v.object().size());
      std::size_t n = 0;
      for (const field& member : v.object())
        new (members + n++) field{copy(memory, member.key), copy(memory, member.value)};
      return value(std::span<const field>(members, n));
    }
    default:
      return v;
  }
}

namespace {

std::string well_formed(std::string_view text) {
  std::string result;
  const char* const last = text.data() + text.size();
  for (const char* in = text.data(); in != last;) {
    const decoded next = decode_utf8(in, last);
    char bytes[4];
    result.append(bytes, write_utf8(bytes, next.code_point));
    in += next.size;
  }
  return result;
}

}  // namespace

std::string_view checked_key(arena& memory, std::string_view key) {
  if (key.size() <= limits::key_bytes && (is_ascii(key) || is_valid_utf8(key))) return key;
  std::string replaced = well_formed(key.substr(0, 4 * limits::key_bytes));
  if (replaced.size() > limits::key_bytes) {
    replaced.resize(truncate_utf8(replaced, limits::key_bytes - cut_key.size()).size());
    replaced += cut_key;
  }
  return copy(memory, replaced);
}

value cut_mark(arena& memory, std::size_t left_out, std::string_view unit) {
  return formatted_value(memory, "\u2026(+{} {})", fmt::make_format_args(left_out, unit));
}

value formatted_value(arena& memory, fmt::string_view format, fmt::format_args arguments) {
  fmt::memory_buffer text;
  fmt::vformat_to(std::back_inserter(text), format, arguments);
  return value(copy(memory, {text.data(), text.size()}));
}

value object_value(arena& memory, std::span<field> members) {
  const auto sorted = std::span(allocate<std::string_view>(memory, members.size()), members.size());
  std::transform(members.begin(), members.end(), sorted.begin(),
                 [](const field& member) { return member.key; });
  std::sort(sorted.begin(), sorted.end());
  std::size_t kept = members.size();
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) {
    kept = 0;
    for (const field& member : members) {
      const auto end = members.begin() + static_cast<std::ptrdiff_t>(kept);
      const auto same =
          std::find_if(members.begin(), end, [&](const field& f) { return f.key == member.key; });
      if (same != end)
        same->value = member.value;
      else
        members[kept++] = member;
    }
  }
  return value(std::span<const field>(members.first(kept)));
}

value checked_value(arena& memory, const value& v, std::size_t depth) {
  const bool is_array = v.kind() == value_kind::array;
  if (!is_array && v.kind() != value_kind::object) return v;
  if (depth >= limits::depth) return value(depth_mark);
  const std::size_t total = is_array ? v.array().size() : v.object().size();
  const std::size_t kept = std::min(total, limits::items);
  const std::size_t slots = kept + (kept < total ? 1 : 0);
  if (is_array) {
    auto* items = allocate<value>(memory, slots);
    for (std::size_t i = 0; i < kept; ++i)
      new (items + i) value(checked_value(memory, v.array()[i], depth + 1));
    if (kept < total) new (items + kept) value(cut_mark(memory, total - kept, "items"));
    return value(std::span<const value>(items, slots));
  }
  auto* members = allocate<field>(memory, slots);
  for (std::size_t i = 0; i < kept; ++i) {
    const field& member = v.object()[i];
    new (members + i) field{checked_key(memory, member.key), checked_value(memory, member.value, depth + 1)};
  }
  if (kept < total) new (members + kept) field{cut_key, cut_mark(memory, total - kept, "members")};
  return object_value(memory, {members, slots});
}

value error_code_value(arena& memory, const std::error_code& code) {
  auto* members = allocate<field>(memory, 3);
  new (members) field{"category", value(std::string_view(code.category().name()))};
  new (members + 1) field{"value", value(std::int64_t{code.value()})};
  new (members + 2) field{"message", value(copy(memory, code.message()))};
  return value(std::span<const field>(members, 3));
}

double widen(float f) noexcept {
  char text[32];
  const auto written = std::to_chars(text, text + sizeof text, f);
  double result = f;
  std::from_chars(text, written.ptr, result);  // fails for infinities and NaN, which convert exactly
  return result;
}

namespace {

template <class Json>
value convert(arena& memory, const Json& json, std::size_t depth) {
  using type = nlohmann::detail::value_t;
  switch (json.type()) {
    case type::boolean:
      return value(json.template get_ref<const bool&>());
    case type::number_integer:
      return value(std::int64_t{json.template get_ref<const typename Json::number_integer_t&>()});
    case type::number_unsigned:
      return value(std::uint64_t{json.template get_ref<const typename Json::number_unsigned_t&>()});
    case type::number_float:
      return value(double{json.template get_ref<const typename Json::number_float_t&>()});
    case type::string:
      return value(copy(memory, json.template get_ref<const typename Json::string_t&>()));
    case type::array: {
      if (depth >= limits::depth) return value(depth_mark);
      const std::size_t kept = std::min(json.size(), limits::items);
      auto* items = allocate<value>(memory, kept + 1);
      std::size_t n = 0;
      for (auto it = json.begin(); n < kept; ++it, ++n)
        new (items + n) value(convert(memory, *it, depth + 1));
      if (kept < json.size()) new (items + n++) value(cut_mark(memory, json.size() - kept, "items"));
      return value(std::span<const value>(items, n));
    }
    case type::object: {
      if (depth >= limits::depth) return value(depth_mark);
      const std::size_t kept = std::min(json.size(), limits::items);
      auto* members = allocate<field>(memory, kept + 1);
      std::size_t n = 0;
      for (auto it = json.begin(); n < kept; ++it, ++n)
        new (members + n)
            field{copy(memory, checked_key(memory, it.key())), convert(memory, it.value(), depth + 1)};
      if (kept < json.size())
        new (members + n++) field{cut_key, cut_mark(memory, json.size() - kept, "members")};
      return object_value(memory, {members, n});
    }
    default:  // null, binary, discarded
      return value();
  }
}

}  // namespace

value json_value(arena& memory, const nlohmann::json& json) { return convert(memory, json, 0); }
value json_value(arena& memory, const nlohmann::ordered_json& json) { return convert(memory, json, 0); }

value json_value(arena& memory, json_writer write, const void* object) {
  nlohmann::json json;
  write(json, object);
  return convert(memory, json, 0);
}

}  // namespace ctxlog::detail
