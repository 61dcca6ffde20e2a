// What happened: one log call with everything known about it, as patchers change it and encoders read it.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "ctxlog/export.hpp"
#include "ctxlog/field.hpp"
#include "ctxlog/level.hpp"
#include "ctxlog/value.hpp"

namespace ctxlog {

/// Place of a log call. The strings live as long as the program and end in NUL.
struct source {
  std::string_view file;  // as the compiler was given it
  int line = 0;
  std::string_view function;

  constexpr std::string_view file_name() const noexcept { return file.substr(file.rfind('/') + 1); }
};

namespace detail {

class record_builder;
class context_patching;
class encoding_cache;
class disjoint_runs;

// A small number for a key. The factors keep the fields of an access record apart from the ids of its request.
constexpr std::size_t key_hash(std::string_view key) noexcept {
  if (key.empty()) return 0;
  const auto first = static_cast<unsigned char>(key.front());
  const auto last = static_cast<unsigned char>(key.back());
  const auto middle = static_cast<unsigned char>(key[key.size() / 2]);
  return key.size() + first + middle * 25u + last * 3u;
}

// One bit of 64 for a key: two sets of keys whose bits do not meet share no key, which spares most
// comparisons.
constexpr std::uint64_t key_bit(std::string_view key) noexcept {
  return std::uint64_t{1} << (key_hash(key) & 63u);
}

// Fields that stand next to each other. A serial other than 0 names the content of the run for the life of
// the process, so that an encoder may keep what it made of it; a list other than 0 names its keys. Constant keys
// live as long as the program and differ from one another, so that their addresses tell them apart. No
// initializers: a record has room for more runs than it mostly uses.
struct field_run {
  const field* first;
  std::size_t size;
  std::uint64_t keys;  // union of key_bit()
  std::uint64_t serial, list;
  bool constant_keys;

  std::span<const field> fields() const noexcept { return {first, size}; }
  const field* find(std::string_view key) const noexcept {
    if ((keys & key_bit(key)) == 0) return nullptr;
    for (const field& f : fields())
      if (f.key == key) return &f;
    return nullptr;
  }
};

}  // namespace detail

/// Lives on the calling thread while the call is delivered; everything it hands out lives as long as it does.
///
/// Fields keep one order and one value per key: global, ambient, bound, those of the call, then what patchers
/// set; a later value takes the place of the earlier one.
class record {
 public:
  record(const record&) = delete;
  record& operator=(const record&) = delete;

  ctxlog::level level() const noexcept { return level_; }
  std::chrono::sys_time<std::chrono::nanoseconds> time() const noexcept { return time_; }
  /// Name of the logger, "root" for the free functions.
  std::string_view logger() const noexcept { return logger_; }
  const source& where() const noexcept { return where_; }
  /// Kernel thread id of the caller (gettid).
  std::uint64_t thread_id() const noexcept { return thread_id_; }
  /// The name given with set_thread_name() or pthread_setname_np(); empty when it has none of its own.
  std::string_view thread_name() const noexcept { return thread_name_; }
  /// The message with its holes filled.
  std::string_view message() const noexcept { return message_; }
  /// The message as written in the source: the same for every record of a call, so records can be grouped by
  /// it.
  std::string_view message_template() const noexcept { return template_; }

  /// The value of that key, or nullptr.
  CTXLOG_API const value* find(std::string_view key) const noexcept;

  /// Calls `visit(const field&)` for every field in order.
  template <class Visit>
  void for_each_field(Visit&& visit) const {
    for (const auto& run : runs())
      for (const field& f : run.fields()) visit(f);
  }

  /// For patchers: sets or replaces a field; the value is copied.
  template <class T>
  void set(std::string_view key, const T& v) {
    set_value(key, detail::make_value(v, *memory_));
  }

  /// For patchers: takes a field away; does nothing when there is none of that key.
  CTXLOG_API void erase(std::string_view key);

  /// For encoders: the fields in order, in runs.
  std::span<const detail::field_run> runs() const noexcept { return {runs_.data(), run_count_}; }
  /// For the library's encoders: what they made of earlier records of this thread.
  detail::encoding_cache& cache() const noexcept { return *cache_; }

 private:
  friend class detail::record_builder;
  record() = default;

  CTXLOG_API void set_value(std::string_view key, const value&);
  void append(const detail::field_run& run) {
    if (!append_apart(run)) set_all(run);
  }
  // False when it must be merged with what is there.
  bool append_apart(const detail::field_run& run) noexcept {
    if (run.size == 0) return true;
    const bool repeats = (keys_ & run.keys) != 0 && shares_key_with(run);
    if (repeats || run_count_ == max_runs) return false;
    runs_[run_count_++] = run;
    keys_ |= run.keys;
    own_ = nullptr;
    return true;
  }
  bool shares_key_with(const detail::field_run&) const noexcept;
  void set_all(const detail::field_run&);
  void flatten(std::size_t spare);
  field* own_field(std::string_view key) noexcept;

  static constexpr std::size_t max_runs = 8;

  ctxlog::level level_ = level::off;
  std::chrono::sys_time<std::chrono::nanoseconds> time_;
  source where_;
  std::uint64_t thread_id_ = 0;
  std::string_view logger_, thread_name_, message_, template_;
  arena* memory_ = nullptr;
  detail::encoding_cache* cache_ = nullptr;
  detail::disjoint_runs* disjoint_ = nullptr;
  std::array<detail::field_run, max_runs> runs_;
  std::size_t run_count_ = 0;
  std::uint64_t keys_ = 0;
  field* own_ = nullptr;  // the writable run, always the last one when it is there
  std::size_t own_capacity_ = 0;
};

}  // namespace ctxlog
