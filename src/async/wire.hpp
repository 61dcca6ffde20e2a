// Values as bytes of a queue, written by the thread that logs and read behind it or by another process.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

#include "ctxlog/deferred.hpp"
#include "ctxlog/value.hpp"

namespace ctxlog::detail {

std::size_t size_of_any_tagged(const value&) noexcept;
char* put_any_tagged(char* out, const value&) noexcept;

// What the tagged form of a value takes. The strings, most of what contexts hold, without a call.
inline std::size_t tagged_size(const value& v) noexcept {
  return v.kind() == value_kind::string ? 1 + wire_size(v.string()) : size_of_any_tagged(v);
}
inline char* put_tagged(char* out, const value& v) noexcept {
  if (v.kind() != value_kind::string) return put_any_tagged(out, v);
  *out = static_cast<char>(value_tag::string);
  return put_wire(out + 1, v.string());
}

// Bytes that cannot be what they should be: the file is damaged.
struct malformed {};

// Reads what the functions above wrote. Never reads outside of its bytes: throws `malformed` instead. Strings
// refer to the bytes, arrays and objects to the arena.
class wire_reader {
 public:
  explicit wire_reader(std::string_view bytes) noexcept
      : next_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  bool at_end() const noexcept { return next_ == end_; }

  template <class T>
  T number() {
    static_assert(std::is_trivially_copyable_v<T>);
    T result;
    std::memcpy(&result, take(sizeof result), sizeof result);
    return result;
  }
  // A null pointer's data() is null.
  std::string_view text() {
    const auto size = number<std::uint32_t>();
    if (size == null_string) return {};
    return {take(size), size};
  }
  // Followed by a NUL that is not part of it.
  std::string_view terminated_text() {
    const std::string_view result = text();
    if (*take(1) != '\0') throw malformed();
    return result;
  }
  // How many things follow that take at least `least_size` bytes each.
  std::uint32_t count(std::size_t least_size);
  // The value of a field.
  value untagged(value_tag tag, arena& memory, std::size_t depth = 0) {
    switch (tag) {
      case value_tag::boolean:
        return value(*take(1) != 0);
      case value_tag::integer:
        return value(number<std::int64_t>());
      case value_tag::unsigned_integer:
        return value(number<std::uint64_t>());
      case value_tag::real:
        return value(number<double>());
      case value_tag::string: {
        const std::string_view bytes = text();
        return bytes.data() ? value(bytes) : value();
      }
      default: {
        wire_reader rest(*this);  // a copy, so that this one may stay in registers
        const value result = rest.untagged_of_rare_kind(tag, memory, depth);
        *this = rest;
        return result;
      }
    }
  }
  value tagged(arena& memory, std::size_t depth = 0) {
    return untagged(static_cast<value_tag>(number<std::uint8_t>()), memory, depth);
  }

 private:
  value untagged_of_rare_kind(value_tag, arena&, std::size_t depth);
  const char* take(std::size_t size) {
    if (static_cast<std::size_t>(end_ - next_) < size) throw malformed();
    const char* const taken = next_;
    next_ += size;
    return taken;
  }

  const char* next_;
  const char* end_;
};

}  // namespace ctxlog::detail
