// A log call whose record is made later: its values are copied, typed, into the queue of the thread.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "ctxlog/export.hpp"
#include "ctxlog/field.hpp"
#include "ctxlog/level.hpp"
#include "ctxlog/message.hpp"

namespace ctxlog {

class logger;

namespace detail {

// How a value stands in a queue. Numbers are part of the file format of queues: never change one.
enum class value_tag : std::uint8_t {
  none = 0,  // a type that cannot be copied without running code of the application
  null = 1,
  boolean = 2,           // 1 byte
  character = 3,         // 1 byte
  integer = 4,           // 8 bytes
  unsigned_integer = 5,  // 8 bytes
  real = 6,              // 8 bytes
  real32 = 7,            // 4 bytes
  string = 8,            // 4 bytes of length, then bytes; the length null_string is a null pointer
  time = 9,              // 8 bytes, nanoseconds
  duration = 10,         // 8 bytes, nanoseconds
  array = 11,            // 4 bytes of count, then tagged values
  object = 12            // 4 bytes of count, then keys (strings) and tagged values
};

inline constexpr std::uint32_t null_string = 0xFFFF'FFFF;

template <class T>
inline constexpr bool is_char_pointer = std::is_same_v<T, const char*> || std::is_same_v<T, char*>;

template <class T>
inline constexpr bool is_char_array =
    std::is_array_v<T>&& std::is_same_v<std::remove_cv_t<std::remove_extent_t<T>>, char>;

template <class T>
inline constexpr bool is_plain_string =
    std::is_same_v<T, std::string> || std::is_same_v<T, std::string_view> || is_char_pointer<T> ||
    is_char_array<T>;

// What a hole of the message shows: types that fmt formats from the copied value as it would from the object.
template <class T>
consteval value_tag tag_of_argument() {
  if constexpr (std::is_same_v<T, bool>) return value_tag::boolean;
  if constexpr (std::is_same_v<T, char>) return value_tag::character;
  if constexpr (std::is_integral_v<T> && sizeof(T) <= 8 && has_format<T>)
    return std::is_signed_v<T> ? value_tag::integer : value_tag::unsigned_integer;
  if constexpr (std::is_same_v<T, float>) return value_tag::real32;
  if constexpr (std::is_same_v<T, double>) return value_tag::real;
  if constexpr (is_plain_string<T>) return value_tag::string;
  return value_tag::none;
}

// As make_value() would have it.
template <class T>
consteval value_tag tag_of_field() {
  if constexpr (std::is_same_v<T, std::nullptr_t> || std::is_same_v<T, std::monostate>)
    return value_tag::null;
  if constexpr (std::is_integral_v<T> && sizeof(T) <= 8 && !std::is_same_v<T, bool> &&
                !std::is_same_v<T, char>)
    return std::is_signed_v<T> ? value_tag::integer : value_tag::unsigned_integer;
  if constexpr (is_duration<T>) return value_tag::duration;
  if constexpr (is_sys_time<T>) return value_tag::time;
  if constexpr (std::is_same_v<T, std::filesystem::path>) return value_tag::string;
  return tag_of_argument<T>();
}

template <class Arg>
consteval value_tag tag_of() {
  using held = typename field_value<Arg>::type;
  if constexpr (is_field<Arg>)
    return tag_of_field<held>();
  else
    return tag_of_argument<held>();
}

template <class... Args>
inline constexpr bool deferrable = ((tag_of<Args>() != value_tag::none) && ...);

// What a pointer to characters refers to: nothing when it is null.
struct optional_text {
  explicit optional_text(const char* pointer) noexcept : text(pointer ? pointer : ""), is_null(!pointer) {}

  std::string_view text;
  bool is_null;
};

// A number, read when it is written to the queue and not before: what is kept meanwhile would have to be in memory.
template <value_tag Tag, class T>
struct wire_number {
  const T& held;

  auto bytes() const noexcept {
    if constexpr (Tag == value_tag::boolean || Tag == value_tag::character)
      return static_cast<char>(held);
    else if constexpr (Tag == value_tag::real || Tag == value_tag::real32)
      return held;
    else
      return static_cast<std::uint64_t>(held);
  }
};

template <class Wire>
inline constexpr bool is_wire_number = false;
template <value_tag Tag, class T>
inline constexpr bool is_wire_number<wire_number<Tag, T>> = true;

// A value of the call as the queue holds it. What may run code of the application, as a duration's conversion may, has
// run before a frame is open.
template <value_tag Tag, class T>
auto wire_form(const T& v) noexcept {
  if constexpr (Tag == value_tag::null)
    return std::tuple<>();
  else if constexpr (Tag == value_tag::duration)
    return static_cast<std::uint64_t>(to_nanoseconds(v).count());
  else if constexpr (Tag == value_tag::time)
    return static_cast<std::uint64_t>(to_nanoseconds(v.time_since_epoch()).count());
  else if constexpr (Tag != value_tag::string)
    return wire_number<Tag, T>{v};
  else if constexpr (std::is_same_v<T, std::filesystem::path>)
    return std::string_view(v.native());
  else if constexpr (is_char_pointer<T>)
    return optional_text(v);
  else if constexpr (is_char_array<T>)
    return std::string_view(static_cast<const char*>(v));
  else
    return std::string_view(v);
}

template <class Arg>
auto wire_value(const Arg& arg) noexcept {
  if constexpr (is_field<Arg>)
    return wire_form<tag_of<Arg>()>(arg.value);
  else
    return wire_form<tag_of<Arg>()>(arg);
}

template <class Arg>
std::string_view wire_key(const Arg& arg) noexcept {
  if constexpr (is_dynamic_field<Arg>)
    return arg.key;
  else
    return {};
}

template <class Wire>
constexpr std::size_t wire_size(const Wire& wire) noexcept {
  if constexpr (std::is_same_v<Wire, std::string_view>)
    return sizeof(std::uint32_t) + wire.size();
  else if constexpr (std::is_same_v<Wire, optional_text>)
    return wire_size(wire.text);
  else if constexpr (std::is_same_v<Wire, std::tuple<>>)
    return 0;
  else if constexpr (is_wire_number<Wire>)
    return sizeof wire.bytes();
  else
    return sizeof wire;
}

// Two overlapping loads cover any short text without a call of memcpy.
inline void copy_text(char* out, const char* in, std::size_t size) noexcept {
  const auto ends = [&]<class Word>(Word) {
    Word first, last;
    std::memcpy(&first, in, sizeof first);
    std::memcpy(&last, in + size - sizeof last, sizeof last);
    std::memcpy(out, &first, sizeof first);
    std::memcpy(out + size - sizeof last, &last, sizeof last);
  };
  struct block {
    std::uint64_t words[2];
  };
  if (size > 64) {
    std::memcpy(out, in, size);
  } else if (size > 32) {
    std::memcpy(out, in, 32);
    std::memcpy(out + size - 32, in + size - 32, 32);
  } else if (size >= 16) {
    ends(block{});
  } else if (size >= 8) {
    ends(std::uint64_t{});
  } else if (size >= 4) {
    ends(std::uint32_t{});
  } else {
    for (std::size_t i = 0; i < size; ++i) out[i] = in[i];
  }
}

template <class Wire>
char* put_wire(char* out, const Wire& wire) noexcept {
  if constexpr (std::is_same_v<Wire, std::string_view>) {
    out = put_wire(out, static_cast<std::uint32_t>(wire.size()));
    copy_text(out, wire.data(), wire.size());
    return out + wire.size();
  } else if constexpr (std::is_same_v<Wire, optional_text>) {
    return wire.is_null ? put_wire(out, null_string) : put_wire(out, wire.text);
  } else if constexpr (std::is_same_v<Wire, std::tuple<>>) {
    return out;
  } else if constexpr (is_wire_number<Wire>) {
    return put_wire(out, wire.bytes());
  } else {
    std::memcpy(out, &wire, sizeof wire);
    return out + sizeof wire;
  }
}

enum class part_kind : std::uint8_t { argument, field, dynamic_field };

struct call_part {
  part_kind kind;
  value_tag tag;
  std::string_view key;  // of a field whose key is constant
};

// What the types of a call say of its values. One for each list of types; its address stands for it.
struct call_signature {
  std::span<const call_part> parts;
  bool constant_keys;  // all keys are literals and differ
};

template <class Arg>
consteval call_part part_of() {
  return {is_dynamic_field<Arg>  ? part_kind::dynamic_field
          : is_static_field<Arg> ? part_kind::field
                                 : part_kind::argument,
          tag_of<Arg>(), static_key<Arg>()};
}

template <class... Args>
inline constexpr std::array<call_part, sizeof...(Args)> parts_of{part_of<Args>()...};

template <bool ConstantKeys, class... Args>
inline constexpr call_signature signature_of{parts_of<Args...>, ConstantKeys};

// Names its keys in a field_run, for as long as the program runs; 0 when they are not constant.
inline std::uint64_t list_of(const call_signature& types) noexcept {
  return types.constant_keys ? reinterpret_cast<std::uintptr_t>(&types) : 0;
}

CTXLOG_API void wake_reader() noexcept;

// How the frame that a thread has open becomes visible to the reader.
struct frame_publication {
  std::atomic<std::uint64_t>* written;
  const std::atomic<std::uint32_t>* sleeps;  // other than 0: the reader must be woken
  std::uint64_t end;

  void publish() const noexcept {
    written->store(end, std::memory_order_release);
    if (sleeps->load(std::memory_order_relaxed) != 0) [[unlikely]]
      wake_reader();
  }
};

// Room in the queue for the values of one call.
struct open_frame {
  char* values;                          // where they are to be written, null: nowhere
  const frame_publication* publication;  // null: refused, the record must be made now

  bool is_open() const noexcept { return values != nullptr; }
  bool is_dropped() const noexcept { return !values && publication; }  // and counted
};

// `size` is what the values of the call take.
CTXLOG_API open_frame open_frame_for(const logger&, level, const call_site&, const call_signature&,
                                     std::size_t size) noexcept;

// Whether calls may go into queues at all.
CTXLOG_API extern std::atomic<bool> deferring;

// False: the record is to be made now. Inline, so that the arguments are passed once only.
template <bool ConstantKeys, class... Args>
[[gnu::always_inline]] inline bool defer(const logger& lg, level l, const call_site& site,
                                         const Args&... args) noexcept {
  const auto write = [&](const auto&... wires) {
    const std::size_t size =
        ((is_dynamic_field<Args> ? wire_size(wire_key(args)) : 0) + ... + std::size_t{0}) +
        (wire_size(wires) + ... + std::size_t{0});
    const open_frame frame = open_frame_for(lg, l, site, signature_of<ConstantKeys, Args...>, size);
    if (!frame.is_open()) return frame.is_dropped();
    [[maybe_unused]] char* out = frame.values;
    [[maybe_unused]] const auto put = [&](const auto& arg, const auto& wire) {
      if constexpr (is_dynamic_field<std::remove_cvref_t<decltype(arg)>>) out = put_wire(out, wire_key(arg));
      out = put_wire(out, wire);
    };
    (put(args, wires), ...);
    frame.publication->publish();
    return true;
  };
  return write(wire_value(args)...);
}

}  // namespace detail
}  // namespace ctxlog
