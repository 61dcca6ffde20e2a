// A typed value of a field: what the encoders see of the application's data.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <string_view>

#include "ctxlog/export.hpp"

namespace ctxlog {

struct field;

/// Memory of one record: what a value cannot refer to in place is copied here and freed all at once.
using arena = std::pmr::monotonic_buffer_resource;

enum class value_kind : std::uint8_t {
  null,
  boolean,
  integer,           // std::int64_t
  unsigned_integer,  // std::uint64_t above the range of std::int64_t or of an unsigned type
  real,              // double, may be NaN or infinite
  string,            // bytes that should be UTF-8; encoders replace what is not
  time,              // system clock, nanoseconds since 1970-01-01 UTC
  duration,          // nanoseconds
  array,
  object
};

/// A view of 24 bytes: strings, arrays and objects are referred to, not owned. Inside a record they live as
/// long as the record; copy what must live longer.
class value {
 public:
  constexpr value() noexcept = default;
  constexpr explicit value(bool b) noexcept : boolean_(b), kind_(value_kind::boolean) {}
  constexpr explicit value(std::int64_t i) noexcept : integer_(i), kind_(value_kind::integer) {}
  constexpr explicit value(std::uint64_t u) noexcept : unsigned_(u), kind_(value_kind::unsigned_integer) {}
  constexpr explicit value(double d) noexcept : real_(d), kind_(value_kind::real) {}
  constexpr explicit value(std::string_view s) noexcept
      : text_(s.data()), size_(s.size()), kind_(value_kind::string) {}
  explicit value(std::chrono::sys_time<std::chrono::nanoseconds> t) noexcept
      : integer_(t.time_since_epoch().count()), kind_(value_kind::time) {}
  explicit value(std::chrono::nanoseconds d) noexcept : integer_(d.count()), kind_(value_kind::duration) {}
  constexpr explicit value(std::span<const value> items) noexcept
      : items_(items.data()), size_(items.size()), kind_(value_kind::array) {}
  constexpr explicit value(std::span<const field> members) noexcept
      : members_(members.data()), size_(members.size()), kind_(value_kind::object) {}

  constexpr value_kind kind() const noexcept { return kind_; }

  // Each accessor is for the kind of its name only; asking another kind is undefined.
  constexpr bool boolean() const noexcept { return boolean_; }
  constexpr std::int64_t integer() const noexcept { return integer_; }
  constexpr std::uint64_t unsigned_integer() const noexcept { return unsigned_; }
  constexpr double real() const noexcept { return real_; }
  constexpr std::string_view string() const noexcept { return {text_, size_}; }
  std::chrono::sys_time<std::chrono::nanoseconds> time() const noexcept {
    return std::chrono::sys_time<std::chrono::nanoseconds>{std::chrono::nanoseconds{integer_}};
  }
  std::chrono::nanoseconds duration() const noexcept { return std::chrono::nanoseconds{integer_}; }
  constexpr std::span<const value> array() const noexcept { return {items_, size_}; }
  constexpr std::span<const field> object() const noexcept;

 private:
  union {
    std::uint64_t unsigned_ = 0;
    std::int64_t integer_;
    double real_;
    bool boolean_;
    const char* text_;
    const value* items_;
    const field* members_;
  };
  std::size_t size_ = 0;
  value_kind kind_ = value_kind::null;
};

/// A named value.
struct field {
  std::string_view key;
  ctxlog::value value;
};

constexpr std::span<const field> value::object() const noexcept { return {members_, size_}; }

/// Bounds that keep one record from exhausting memory or a back end. What is cut carries a mark that says how
/// much: a string ends in "…(+N bytes)", an array has the last element "…(+N items)", an object the last
/// member "…": "+N members", a value nested too deep is the string "…(too deep)".
struct limits {
  static constexpr std::size_t depth = 32;
  static constexpr std::size_t items = 1'000;
  static constexpr std::size_t string_bytes = 128 * 1024;
  static constexpr std::size_t key_bytes = 256;
};

}  // namespace ctxlog
