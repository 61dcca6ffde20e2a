// Fields that outlive the log call: those of a logger, of the context, of every record.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "ctxlog/export.hpp"
#include "ctxlog/field.hpp"
#include "ctxlog/record.hpp"

namespace ctxlog {

/// Owns keys and values; one value per key, in the order of the first `set`. One thread fills it; once filled
/// it may be read by any number of threads.
class CTXLOG_API field_set {
 public:
  field_set();
  field_set(const field_set&) = delete;
  field_set& operator=(const field_set&) = delete;

  template <class T>
  void set(std::string_view key, const T& v) {
    set_value(key, detail::make_value(v, memory_));
  }

  template <class... Fields>
  void add(const Fields&... fields) {
    static_assert((detail::is_field<Fields> && ...), "give fields: kv(\"key\", value) or \"key\"_kv = value");
    (set(fields.key, fields.value), ...);
  }

  /// Takes over all fields of `other`.
  void add(const field_set& other);
  /// For the library: fields whose keys (valid UTF-8 of at most limits::key_bytes) and values live as long as the set.
  void add_lasting(std::span<const field>);
  /// For the library: such keys, with values that are copied.
  void add_copies(std::span<const field>);
  void clear() noexcept;
  bool empty() const noexcept { return run_.size == 0; }

  /// What records hold of it; the serial changes with the content.
  const detail::field_run& run() const noexcept { return run_; }

 private:
  void set_value(std::string_view key, const value&);
  template <class MakeKey>
  void put(std::string_view key, const value&, MakeKey lasting_key);
  void grow();

  // With what surrounds it the whole stays within what malloc() keeps for each thread.
  alignas(std::max_align_t) std::array<std::byte, 640> initial_;
  arena memory_{initial_.data(), initial_.size()};
  field* fields_ = nullptr;
  std::size_t capacity_ = 0;
  detail::field_run run_{};  // of fields_
};

}  // namespace ctxlog
