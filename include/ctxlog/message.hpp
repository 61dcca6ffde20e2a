// The message of a log call: checked when the program is compiled, and knowing where it stands.
// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "ctxlog/field.hpp"
#include "ctxlog/record.hpp"

namespace ctxlog {

/// Wraps a message that is known only when the program runs but has holes to fill. What cannot be filled does
/// not throw: the record carries the message as it stands and the field `format_error`. Never wrap text from
/// outside: give it as an argument or a field.
struct runtime {
  constexpr explicit runtime(std::string_view message_text) noexcept : text(message_text) {}
  std::string_view text;
};

namespace detail {

// Named in the compiler's error; never defined.
void message_has_an_unmatched_brace();
void message_names_a_field_that_is_not_given();
void message_has_more_holes_than_arguments();
void message_has_fewer_holes_than_arguments();

template <class T>
struct field_value {
  using type = T;
};
template <class T>
struct field_value<dynamic_field<T>> {
  using type = T;
};
template <fixed_string Key, class T>
struct field_value<static_field<Key, T>> {
  using type = T;
};

// fmt takes an array that it cannot format for one that it can.
template <class T>
inline constexpr bool has_format =
    fmt::is_formattable<T>::value && !has_to_json<T> && (!std::is_array_v<T> || string_like<T>);

// What a hole's specification is checked against: a type that fmt does not know is shown as text.
template <class T>
using shown_as = std::conditional_t<has_format<T>, T, fmt::string_view>;

template <class T>
constexpr std::string_view static_key() {
  if constexpr (is_static_field<T>) return T::key;
  return {};
}

// The message in fmt's own syntax: every hole becomes the number of its argument, fields included.
template <class... Args>
class numbered_message {
 public:
  static constexpr std::size_t max_text = 1024;

  constexpr explicit numbered_message(std::string_view text) {
    if (text.size() > max_text / 3) return;  // left to the run-time check
    std::size_t depth = 0;
    for (std::size_t i = 0; i < text.size();) {
      const char c = text[i];
      if (depth == 0 && i + 1 < text.size() && (c == '{' || c == '}') && text[i + 1] == c) {
        put(c), put(c);
        i += 2;
      } else if (c == '{') {
        const std::size_t end = text.find_first_of(":}", i);
        if (end == std::string_view::npos) {
          message_has_an_unmatched_brace();
          return;
        }
        const std::size_t argument = argument_of(text.substr(i + 1, end - i - 1));
        if (argument == unknown) {  // a field whose key is known at run time may fill it
          i = text.find('}', i) + 1;
          continue;
        }
        put('{');
        if (argument >= 10) put(static_cast<char>('0' + argument / 10));
        put(static_cast<char>('0' + argument % 10));
        ++depth;
        i = end;
      } else {
        if (c == '}' && depth-- == 0) {
          message_has_an_unmatched_brace();
          return;
        }
        put(c);
        ++i;
      }
    }
    if (depth != 0) message_has_an_unmatched_brace();
    if (!explicit_ && automatic_ != positional_count) message_has_fewer_holes_than_arguments();
  }

  constexpr std::string_view text() const { return {text_.data(), size_}; }

 private:
  static_assert(sizeof...(Args) < 100, "at most 99 arguments");
  static constexpr std::size_t unknown = 100;
  static constexpr std::size_t positional_count = (std::size_t{!is_field<Args>} + ... + 0);
  static constexpr bool has_dynamic = (is_dynamic_field<Args> || ...);

  constexpr void put(char c) { text_[size_++] = c; }

  constexpr std::size_t argument_of(std::string_view id) {
    if (id.empty()) return positional(automatic_++);
    if (id[0] >= '0' && id[0] <= '9') {
      explicit_ = true;
      return positional(
          static_cast<std::size_t>(id.size() == 1 ? id[0] - '0' : (id[0] - '0') * 10 + (id[1] - '0')));
    }
    constexpr std::array<std::string_view, sizeof...(Args) + 1> keys{static_key<Args>()...};
    for (std::size_t i = 0; i < sizeof...(Args); ++i)
      if (keys[i] == id) return i;
    if (!has_dynamic) message_names_a_field_that_is_not_given();
    return unknown;
  }

  static constexpr std::size_t positional(std::size_t n) {
    constexpr std::array<bool, sizeof...(Args) + 1> is_positional{!is_field<Args>...};
    for (std::size_t i = 0; i < sizeof...(Args); ++i)
      if (is_positional[i] && n-- == 0) return i;
    message_has_more_holes_than_arguments();
    return unknown;
  }

  std::array<char, max_text> text_{};
  std::size_t size_ = 0, automatic_ = 0;
  bool explicit_ = false;
};

#if defined(__clang__) && __clang_major__ < 17
// These compilers do not evaluate a consteval function of fmt inside another one: specifications are checked
// when the message is formatted, names and counts still when it is compiled.
template <class... Args>
consteval void check_message(std::string_view text) {
  numbered_message<Args...> numbered(text);
  (void)numbered;
}
#else
template <class... Args>
consteval void check_message(std::string_view text) {
  const numbered_message<Args...> numbered(text);
  const std::string_view s = numbered.text();
  const fmt::format_string<shown_as<typename field_value<Args>::type>...> checked(
      fmt::string_view(s.data(), s.size()));
  (void)checked;
}
#endif

enum class message_syntax : std::uint8_t {
  literal,  // has holes and lives as long as the program
  plain,    // has none
  runtime   // has holes
};

// Where the holes of a message are, when each is `{}` and no other brace stands in it: such a message is put
// together without reading it. Small: each execution of a call puts it on the stack.
class plain_holes {
 public:
  constexpr plain_holes() = default;
  constexpr explicit plain_holes(std::string_view text) noexcept {
    std::size_t count = 0, begin = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '{' && text[i] != '}') continue;
      const bool is_plain = text.substr(i, 2) == "{}" && count < before_.size() && i - begin < unknown;
      if (!is_plain) return;
      before_[count++] = static_cast<std::uint8_t>(i - begin);
      begin = i++ + 2;
    }
    count_ = static_cast<std::uint8_t>(count);
  }

  // Otherwise the message must be read.
  constexpr bool are_known() const noexcept { return count_ != unknown; }
  constexpr std::size_t count() const noexcept { return count_; }
  // How much text there is between the hole before, or the start, and this one.
  constexpr std::size_t text_before(std::size_t hole) const noexcept { return before_[hole]; }

 private:
  static constexpr std::uint8_t unknown = 0xFF;
  std::uint8_t count_ = unknown;
  std::array<std::uint8_t, 6> before_{};
};

// Everything about a log call that does not change from one execution to the next.
struct call_site {
  std::string_view text;
  source where;
  message_syntax syntax;
  plain_holes holes = {};
};

using format_function = void (*)(fmt::memory_buffer&, fmt::string_view format, const void* object);

// A positional argument, erased: `plain` serves a hole without a specification.
struct argument {
  value plain;
  const void* object;
  format_function format;
};

// Compiled into the library: fmt's formatting of every built-in type is slow to compile in each log call's file.
CTXLOG_API void append_formatted(fmt::memory_buffer& out, fmt::string_view format, fmt::format_args);

template <class T>
void format_object(fmt::memory_buffer& out, fmt::string_view format, const void* object) {
  append_formatted(out, format, fmt::make_format_args(*static_cast<const T*>(object)));
}

template <class T>
argument make_argument(const T& v, arena& memory) {
  if constexpr (std::is_pointer_v<T> && string_like<T>) {
    if (!v) return {value(), nullptr, nullptr};  // fmt would refuse it
  }
  if constexpr (has_format<T>) {
    constexpr bool prints_as_value =
        (std::integral<T> && sizeof(T) <= 8 && !std::same_as<T, char>) || string_like<T>;
    if constexpr (prints_as_value)
      return {make_value(v, memory), &v, format_object<T>};
    else
      return {value(), &v, format_object<T>};
  } else {
    return {make_value(v, memory), nullptr, nullptr};
  }
}

}  // namespace detail

/// What the first parameter of a log call converts from:
/// - a literal, `"order {order_id} took {:.1f} ms"`: `{}` takes the next argument, `{name}` the field of that
/// name. Holes,
///   arguments and specifications are checked at compile time (clang before 17: specifications at run time);
/// - a string object: logged as it is, its braces mean nothing; fields may follow, arguments may not;
/// - runtime(text): holes filled, checked at run time.
template <class... Args>
class message {
 public:
  template <std::size_t N>
  consteval message(const char (&text)[N], const char* file = __builtin_FILE(), int line = __builtin_LINE(),
                    const char* function = __builtin_FUNCTION())
      : site_{{text, N - 1},
              {file, line, function},
              detail::message_syntax::literal,
              detail::plain_holes({text, N - 1})} {
    detail::check_message<Args...>(site_.text);
  }

  template <class Text>
    requires std::convertible_to<const Text&, std::string_view> &&
        (!std::is_array_v<Text>)message(const Text& text, const char* file = __builtin_FILE(),
                                        int line = __builtin_LINE(),
                                        const char* function = __builtin_FUNCTION())
        : site_{text, {file, line, function}, detail::message_syntax::plain} {
      static_assert((detail::is_field<Args> && ...),
                    "a message that is no literal has no holes to fill; use ctxlog::runtime(text) if it has");
    }

    message(runtime text, const char* file = __builtin_FILE(), int line = __builtin_LINE(),
            const char* function = __builtin_FUNCTION())
        : site_{text.text, {file, line, function}, detail::message_syntax::runtime} {}

    constexpr const detail::call_site& site() const noexcept { return site_; }

   private:
    detail::call_site site_;
};

}  // namespace ctxlog
