// Key-value pairs given to a log call, and how C++ types become typed values.
// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <nlohmann/json_fwd.hpp>  // declarations only: lets a type's own to_json be recognised
#include <optional>
#include <ranges>
#include <ratio>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <variant>

#include "ctxlog/exception.hpp"
#include "ctxlog/export.hpp"
#include "ctxlog/secret.hpp"
#include "ctxlog/value.hpp"

namespace ctxlog {
namespace detail {

template <std::size_t N>
struct fixed_string {
  char text[N]{};
  consteval fixed_string(const char (&s)[N]) {
    for (std::size_t i = 0; i < N; ++i) text[i] = s[i];
  }
  constexpr std::string_view view() const { return {text, N - 1}; }
};

constexpr bool is_ascii(std::string_view s) {
  return std::all_of(s.begin(), s.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace detail

/// A key known when the program runs, and a reference to its value: lives in the log call only.
template <class T>
struct dynamic_field {
  std::string_view key;
  const T& value;
};

/// A key known when the program is compiled: the message can be checked against it.
template <detail::fixed_string Key, class T>
struct static_field {
  static constexpr std::string_view key = Key.view();
  const T& value;
};

/// `kv("order_id", id)`. Keys are UTF-8; invalid bytes are replaced and keys over 256 bytes cut.
template <class T>
constexpr dynamic_field<T> kv(std::string_view key, const T& value) noexcept {
  return {key, value};
}

namespace detail {

template <fixed_string Key>
struct key_literal {
  template <class T>
  constexpr static_field<Key, T> operator=(
      const T& value) const noexcept {  // NOLINT(misc-unconventional-assign-operator)
    return {value};
  }
};

template <class T>
inline constexpr bool is_static_field = false;
template <fixed_string Key, class T>
inline constexpr bool is_static_field<static_field<Key, T>> = true;

template <class T>
inline constexpr bool is_dynamic_field = false;
template <class T>
inline constexpr bool is_dynamic_field<dynamic_field<T>> = true;

template <class T>
inline constexpr bool is_field =
    is_static_field<std::remove_cvref_t<T>> || is_dynamic_field<std::remove_cvref_t<T>>;

}  // namespace detail

inline namespace literals {

/// `"order_id"_kv = id`: like kv() with the key known at compile time. An empty key or one that is not ASCII
/// does not compile.
template <detail::fixed_string Key>
constexpr detail::key_literal<Key>
operator""_kv() {  // consteval would not link in a generic lambda (clang 14)
  static_assert(!Key.view().empty() && detail::is_ascii(Key.view()),
                "a field's key literal is non-empty ASCII");
  return {};
}

}  // namespace literals

namespace detail {

template <class T>
concept has_to_json = std::is_class_v<T> && requires(nlohmann::json& json, const T& v) {
  to_json(json, v);
};

template <class T>
inline constexpr bool is_json = false;
template <>
inline constexpr bool is_json<nlohmann::json> = true;
template <>
inline constexpr bool is_json<nlohmann::ordered_json> = true;

template <class T>
inline constexpr bool is_secret = false;
template <class T>
inline constexpr bool is_secret<secret<T>> = true;

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

template <class T>
inline constexpr bool is_variant = false;
template <class... T>
inline constexpr bool is_variant<std::variant<T...>> = true;

template <class T>
inline constexpr bool is_duration = false;
template <class R, class P>
inline constexpr bool is_duration<std::chrono::duration<R, P>> = true;

template <class T>
inline constexpr bool is_sys_time = false;
template <class D>
inline constexpr bool is_sys_time<std::chrono::sys_time<D>> = true;

// What 64-bit nanoseconds cannot hold (292 years) stops at their limit; NaN is 0.
template <class R, class P>
std::chrono::nanoseconds to_nanoseconds(std::chrono::duration<R, P> d) {
  using std::chrono::nanoseconds;
  if constexpr (!std::integral<R> || std::ratio_greater_v<P, std::nano>) {
    const long double count = std::chrono::duration<long double, std::nano>(d).count();
    if (count >= static_cast<long double>(nanoseconds::max().count())) return nanoseconds::max();
    if (count <= static_cast<long double>(nanoseconds::min().count())) return nanoseconds::min();
    if (count != count) return nanoseconds::zero();
  }
  return std::chrono::duration_cast<nanoseconds>(d);
}

template <class T>
concept string_like = std::convertible_to<const T&, std::string_view> && !std::same_as<T, std::nullptr_t>;

template <class T>
concept u8string_like = std::convertible_to<const T&, std::u8string_view> && !std::same_as<T, std::nullptr_t>;

template <class T>
concept map_like = std::ranges::input_range<const T> &&
    requires(std::ranges::range_reference_t<const T> entry) {
  { entry.first } -> std::convertible_to<std::string_view>;
  entry.second;
};

// Some versions of fmt format an unscoped enumeration that has no formatter of its own, as a number.
template <class T>
concept is_plain_enum = std::is_enum_v<T> && std::is_convertible_v<T, long long> &&
    !std::is_default_constructible_v<fmt::formatter<T>>;

template <class T>
concept tuple_like = requires {
  std::tuple_size<T>::value;
};

using json_writer = void (*)(nlohmann::json&, const void*);

CTXLOG_API value json_value(arena&, const nlohmann::json&);
CTXLOG_API value json_value(arena&, const nlohmann::ordered_json&);
CTXLOG_API value json_value(arena&, json_writer, const void* object);
CTXLOG_API value error_code_value(arena&, const std::error_code&);
CTXLOG_API value formatted_value(arena&, fmt::string_view format, fmt::format_args);
CTXLOG_API value cut_mark(arena&, std::size_t left_out, std::string_view unit);
CTXLOG_API value object_value(arena&,
                              std::span<field> members);  // the later of two members with one key wins
CTXLOG_API double widen(float) noexcept;                  // the double that prints like the float
CTXLOG_API std::string_view copy(arena&, std::string_view);
CTXLOG_API value checked_value(arena&, const value&, std::size_t depth);  // what was put together by hand
CTXLOG_API value copy(arena&, const value&);                              // with everything it refers to
CTXLOG_API std::string_view checked_key(arena&,
                                        std::string_view);  // valid UTF-8 of at most limits::key_bytes

inline constexpr std::string_view secret_mask = "***";
inline constexpr std::string_view depth_mark = "\u2026(too deep)";
inline constexpr std::string_view cut_key = "\u2026";

template <class T>
T* allocate(arena& memory, std::size_t n) {
  return static_cast<T*>(memory.allocate(n * sizeof(T), alignof(T)));
}

template <class T>
value make_value(const T& v, arena& memory, std::size_t depth = 0);

// Types whose values need no memory and run no code of the application.
template <class T>
inline constexpr bool has_plain_value =
    (std::is_integral_v<T> && !std::is_same_v<T, char> && sizeof(T) <= 8) || std::is_floating_point_v<T> ||
    std::is_same_v<T, std::string> || std::is_same_v<T, std::string_view>;

template <class T>
value plain_value(const T& v) noexcept {
  if constexpr (std::same_as<T, bool>) {
    return value(v);
  } else if constexpr (std::signed_integral<T>) {
    return value(static_cast<std::int64_t>(v));
  } else if constexpr (std::unsigned_integral<T>) {
    return value(static_cast<std::uint64_t>(v));
  } else if constexpr (std::same_as<T, float>) {
    return value(widen(v));
  } else if constexpr (std::floating_point<T>) {
    return value(static_cast<double>(v));
  } else {
    return value(std::string_view(v));
  }
}

// A range that makes its elements on the fly gives values that refer to a temporary: those are copied.
template <class Reference>
value lasting(const value& v, arena& memory) {
  if constexpr (std::is_lvalue_reference_v<Reference>)
    return v;
  else
    return copy(memory, v);
}

template <class T>
value range_value(const T& range, arena& memory, std::size_t depth) {
  using range_element = std::ranges::range_reference_t<const T>;
  std::size_t total = 0;
  if constexpr (std::ranges::sized_range<const T>)
    total = static_cast<std::size_t>(std::ranges::size(range));
  else
    total = static_cast<std::size_t>(std::ranges::distance(range));
  const std::size_t kept = std::min(total, limits::items);
  const std::size_t places = kept + (kept < total ? 1 : 0);
  if constexpr (map_like<T>) {
    auto* members = allocate<field>(memory, places);
    std::size_t n = 0;
    for (auto it = std::ranges::begin(range); n < kept; ++it, ++n) {
      const auto& [key, mapped] = *it;
      const auto key_copy = lasting<range_element>(value(checked_key(memory, key)), memory).string();
      new (members + n)
          field{key_copy, lasting<range_element>(make_value(mapped, memory, depth + 1), memory)};
    }
    if (kept < total) new (members + n) field{cut_key, cut_mark(memory, total - kept, "members")};
    return object_value(memory, {members, places});
  } else {
    auto* items = allocate<value>(memory, places);
    std::size_t n = 0;
    for (auto it = std::ranges::begin(range); n < kept; ++it, ++n) {
      const std::ranges::range_value_t<const T>& item = *it;
      new (items + n) value(lasting<range_element>(make_value(item, memory, depth + 1), memory));
    }
    if (kept < total) new (items + n) value(cut_mark(memory, total - kept, "items"));
    return value(std::span<const value>(items, places));
  }
}

template <class T>
value tuple_value(const T& tuple, arena& memory, std::size_t depth) {
  constexpr std::size_t size = std::tuple_size_v<T>;
  auto* items = allocate<value>(memory, size);
  std::apply(
      [&](const auto&... element) {
        std::size_t n = 0;
        ((new (items + n++) value(make_value(element, memory, depth + 1))), ...);
      },
      tuple);
  return value(std::span<const value>(items, size));
}

// The order of the cases is the rule: a type that fits several is taken by the first.
template <class T>
value make_value(const T& v, arena& memory, std::size_t depth) {
  if (depth >= limits::depth) return value(depth_mark);
  if constexpr (std::same_as<T, ctxlog::value>) {
    const bool composite = v.kind() == value_kind::array || v.kind() == value_kind::object;
    return composite ? checked_value(memory, v, depth) : v;
  } else if constexpr (has_plain_value<T>) {
    return plain_value(v);
  } else if constexpr (std::same_as<T, std::nullptr_t> || std::same_as<T, std::monostate>) {
    return value();
  } else if constexpr (is_secret<T>) {
    return value(secret_mask);
  } else if constexpr (is_json<T>) {  // before all that it converts to
    return json_value(memory, v);
  } else if constexpr (std::same_as<T, char>) {
    return value(copy(memory, {&v, 1}));
  } else if constexpr (std::is_pointer_v<T> && std::convertible_to<T, const char*>) {
    return v ? value(std::string_view(v)) : value();
  } else if constexpr (string_like<T>) {
    return value(std::string_view(v));
  } else if constexpr (u8string_like<T>) {
    if constexpr (std::is_pointer_v<T>) {
      if (!v) return value();
    }
    const std::u8string_view text(v);
    return value(std::string_view(reinterpret_cast<const char*>(text.data()), text.size()));
  } else if constexpr (std::same_as<T, std::filesystem::path>) {
    return value(std::string_view(v.native()));
  } else if constexpr (is_duration<T>) {
    return value(to_nanoseconds(v));
  } else if constexpr (is_sys_time<T>) {
    return value(std::chrono::sys_time<std::chrono::nanoseconds>(to_nanoseconds(v.time_since_epoch())));
  } else if constexpr (std::convertible_to<const T&, std::chrono::system_clock::time_point>) {
    return make_value(std::chrono::system_clock::time_point(v), memory, depth);
  } else if constexpr (std::same_as<T, std::exception_ptr> || std::derived_from<T, std::exception>) {
    return exception_value(memory, v);
  } else if constexpr (std::same_as<T, std::error_code>) {
    return error_code_value(memory, v);
  } else if constexpr (is_optional<T>) {
    return v ? make_value(*v, memory, depth) : value();
  } else if constexpr (is_variant<T>) {
    return v.valueless_by_exception()
               ? value()
               : std::visit([&](const auto& held) { return make_value(held, memory, depth); }, v);
  } else if constexpr (has_to_json<T>) {
    return json_value(
        memory, [](nlohmann::json& json, const void* p) { to_json(json, *static_cast<const T*>(p)); }, &v);
  } else if constexpr (std::ranges::forward_range<const T>) {
    return range_value(v, memory, depth);
  } else if constexpr (is_plain_enum<T>) {
    return make_value(static_cast<std::underlying_type_t<T>>(v), memory, depth);
  } else if constexpr (fmt::is_formattable<T>::value) {
    return formatted_value(memory, "{}", fmt::make_format_args(v));
  } else if constexpr (std::is_enum_v<T>) {
    return make_value(static_cast<std::underlying_type_t<T>>(v), memory, depth);
  } else if constexpr (tuple_like<T>) {
    return tuple_value(v, memory, depth);
  } else {
    static_assert(fmt::is_formattable<T>::value,
                  "ctxlog: this type cannot be logged; give it a to_json(nlohmann::json&, const T&) or a "
                  "fmt::formatter");
    return value();
  }
}

}  // namespace detail
}  // namespace ctxlog

/// A secret in a message shows the mask too, whatever its type.
template <class T>
struct fmt::formatter<ctxlog::secret<T>> : fmt::formatter<fmt::string_view> {
  template <class Context>
  auto format(const ctxlog::secret<T>&, Context& context) const {
    return fmt::formatter<fmt::string_view>::format(ctxlog::detail::secret_mask, context);
  }
};
