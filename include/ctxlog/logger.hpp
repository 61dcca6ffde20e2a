// The logger: named, levelled, with fields and patchers of its own; and the root logger's free functions.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "ctxlog/deferred.hpp"
#include "ctxlog/export.hpp"
#include "ctxlog/field.hpp"
#include "ctxlog/field_set.hpp"
#include "ctxlog/level.hpp"
#include "ctxlog/message.hpp"
#include "ctxlog/patcher.hpp"

namespace ctxlog {

class logger;

namespace detail {

class deferred_call;
struct scratch;

// One per name, never freed: a level check is one load through a pointer that stays valid in static
// destructors.
struct logger_node {
  constexpr explicit logger_node(std::string_view full_name) noexcept : name(full_name) {}

  std::string_view name;
  // Records below are not made. 0 until the environment is read, so that the first call comes to read it.
  std::atomic<std::uint8_t> threshold{0};

  bool passes(level l) const noexcept {
    return static_cast<std::uint8_t>(l) >= threshold.load(std::memory_order_relaxed);
  }
};

CTXLOG_API extern logger_node root_node;
CTXLOG_API const logger& root_logger() noexcept;
CTXLOG_API logger_node& find_node(std::string_view name);

// Holds the calling thread's working memory while a record is made, and keeps its errno.
class capture {
 public:
  CTXLOG_API capture(const logger&, level, const call_site&) noexcept;
  capture(const capture&) = delete;
  capture& operator=(const capture&) = delete;

  // False: no memory; the record is counted as lost.
  explicit operator bool() const noexcept { return memory_ != nullptr; }
  arena& memory() noexcept { return *memory_; }
  // To be called once, and for sure: it gives the memory back.
  CTXLOG_API void deliver(std::span<const argument> arguments, const field_run& fields) noexcept;

 private:
  void deliver_with(scratch& memory, std::span<const argument> arguments, const field_run& fields);

  const logger& logger_;
  const call_site& site_;
  arena* memory_;
  scratch* scratch_;
  int errno_;
  level level_;
};

CTXLOG_API std::string_view current_exception_text(arena&) noexcept;

template <class T>
field make_field(std::string_view key, const T& v, arena& memory) {
  try {
    return {key, make_value(v, memory)};
  } catch (...) {
    return {key, value(current_exception_text(memory))};
  }
}

inline std::string_view checked_key_or_mark(arena& memory, std::string_view key) noexcept {
  try {
    return checked_key(memory, key);
  } catch (...) {  // out of memory
    return cut_key;
  }
}

template <class T>
argument make_argument_or_error(const T& v, arena& memory) {
  try {
    return make_argument(v, memory);
  } catch (...) {
    return {value(current_exception_text(memory)), nullptr, nullptr};
  }
}

struct constant_keys {
  bool known = true;  // all keys of the call are literals and differ
  std::uint64_t bits = 0;
};

template <class... Args>
consteval constant_keys constant_keys_of() {
  constant_keys result;
  constexpr std::array<std::string_view, sizeof...(Args) + 1> keys{static_key<Args>()...};
  constexpr std::array<bool, sizeof...(Args) + 1> dynamic{is_dynamic_field<Args>...};
  for (std::size_t i = 0; i < sizeof...(Args); ++i) {
    result.known &= !dynamic[i];
    if (keys[i].empty()) continue;
    for (std::size_t j = 0; j < i; ++j) result.known &= keys[i] != keys[j];
    result.bits |= key_bit(keys[i]);
  }
  return result;
}

// Room for `N` objects to be made in place: clearing it first would cost more than filling it.
template <class T, std::size_t N>
class row {
 public:
  T* data() noexcept { return reinterpret_cast<T*>(bytes_.data()); }

 private:
  static_assert(std::is_trivially_destructible_v<T>);
  alignas(T) std::array<std::byte, N * sizeof(T)> bytes_;
};

// A field with a constant key is a reference itself.
template <class Arg>
using passed = std::conditional_t<is_static_field<Arg>, Arg, const Arg&>;

template <class... Args>
void log_call(const logger& lg, level l, const call_site& site, passed<Args>... args) noexcept {
  constexpr std::size_t field_count = (std::size_t{is_field<Args>} + ... + 0);
  constexpr constant_keys keys = constant_keys_of<Args...>();
  if constexpr (deferrable<Args...>) {
    if (deferring.load(std::memory_order_relaxed) && defer<keys.known, Args...>(lg, l, site, args...)) return;
  }
  capture captured(lg, l, site);
  if (!captured) return;
  constexpr std::size_t argument_count = sizeof...(Args) - field_count;
  row<field, field_count> fields;
  row<argument, argument_count> arguments;
  [[maybe_unused]] field* next_field = fields.data();
  [[maybe_unused]] argument* next_argument = arguments.data();
  [[maybe_unused]] const auto take = [&](const auto& arg) {
    using type = std::remove_cvref_t<decltype(arg)>;
    if constexpr (is_static_field<type>)
      new (next_field++) field(make_field(arg.key, arg.value, captured.memory()));
    else if constexpr (is_dynamic_field<type>)
      new (next_field++)
          field(make_field(checked_key_or_mark(captured.memory(), arg.key), arg.value, captured.memory()));
    else
      new (next_argument++) argument(make_argument_or_error(arg, captured.memory()));
  };
  (take(args), ...);
  captured.deliver(
      {arguments.data(), argument_count},
      {fields.data(), field_count, keys.bits, 0, list_of(signature_of<keys.known, Args...>), keys.known});
}

}  // namespace detail

/// A cheap handle: copies share name and level. Logging from any number of threads is safe; a log call never
/// throws and never changes errno's meaning for the caller (it is restored).
class logger {
 public:
  /// The logger of that name, made at its first mention. `a.b` takes its level from `a` until it has one of
  /// its own, `a` from the root. The empty name and "root" are the root logger.
  explicit logger(std::string_view name) : node_(&detail::find_node(name)) {}

  std::string_view name() const noexcept { return node_->name; }

  /// False costs about a nanosecond: one load and one comparison.
  bool enabled(ctxlog::level l) const noexcept { return node_->passes(l); }

  /// Level of this name and of the names below it that have none of their own. Any time, any thread.
  CTXLOG_API void set_level(ctxlog::level) const;
  /// Goes back to the level of the name above.
  CTXLOG_API void inherit_level() const;
  CTXLOG_API ctxlog::level level() const;

  /// A logger of the same name whose records also carry `fields`; this one is not changed.
  template <class... Fields>
  [[nodiscard]] logger bind(const Fields&... fields) const {
    auto bound = std::make_shared<field_set>();
    if (bound_) bound->add(*bound_);
    bound->add(fields...);
    logger copy(*this);
    copy.bound_ = std::move(bound);
    return copy;
  }

  /// A logger of the same name that also runs `p`, after the configured patchers and those it has already.
  [[nodiscard]] CTXLOG_API logger patch(patcher p) const;

  template <class... Args>
  void log(ctxlog::level l, const message<std::type_identity_t<Args>...>& m,
           const Args&... args) const noexcept {
    if (enabled(l)) detail::log_call<Args...>(*this, l, m.site(), args...);
  }
  template <class... Args>
  void trace(const message<std::type_identity_t<Args>...>& m, const Args&... args) const noexcept {
    if (enabled(level::trace)) detail::log_call<Args...>(*this, level::trace, m.site(), args...);
  }
  template <class... Args>
  void debug(const message<std::type_identity_t<Args>...>& m, const Args&... args) const noexcept {
    if (enabled(level::debug)) detail::log_call<Args...>(*this, level::debug, m.site(), args...);
  }
  template <class... Args>
  void info(const message<std::type_identity_t<Args>...>& m, const Args&... args) const noexcept {
    if (enabled(level::info)) detail::log_call<Args...>(*this, level::info, m.site(), args...);
  }
  template <class... Args>
  void warn(const message<std::type_identity_t<Args>...>& m, const Args&... args) const noexcept {
    if (enabled(level::warn)) detail::log_call<Args...>(*this, level::warn, m.site(), args...);
  }
  template <class... Args>
  void error(const message<std::type_identity_t<Args>...>& m, const Args&... args) const noexcept {
    if (enabled(level::error)) detail::log_call<Args...>(*this, level::error, m.site(), args...);
  }
  template <class... Args>
  void critical(const message<std::type_identity_t<Args>...>& m, const Args&... args) const noexcept {
    if (enabled(level::critical)) detail::log_call<Args...>(*this, level::critical, m.site(), args...);
  }

 private:
  friend class detail::capture;
  friend class detail::deferred_call;

  detail::logger_node* node_;
  std::shared_ptr<const field_set> bound_;
  std::shared_ptr<const std::vector<patcher>> patchers_;
};

/// Level of the root logger, and of all loggers that have none of their own.
CTXLOG_API void set_level(level);

template <class... Args>
void log(level l, const message<std::type_identity_t<Args>...>& m, const Args&... args) noexcept {
  if (detail::root_node.passes(l)) detail::log_call<Args...>(detail::root_logger(), l, m.site(), args...);
}
template <class... Args>
void trace(const message<std::type_identity_t<Args>...>& m, const Args&... args) noexcept {
  ctxlog::log(level::trace, m, args...);
}
template <class... Args>
void debug(const message<std::type_identity_t<Args>...>& m, const Args&... args) noexcept {
  ctxlog::log(level::debug, m, args...);
}
template <class... Args>
void info(const message<std::type_identity_t<Args>...>& m, const Args&... args) noexcept {
  ctxlog::log(level::info, m, args...);
}
template <class... Args>
void warn(const message<std::type_identity_t<Args>...>& m, const Args&... args) noexcept {
  ctxlog::log(level::warn, m, args...);
}
template <class... Args>
void error(const message<std::type_identity_t<Args>...>& m, const Args&... args) noexcept {
  ctxlog::log(level::error, m, args...);
}
template <class... Args>
void critical(const message<std::type_identity_t<Args>...>& m, const Args&... args) noexcept {
  ctxlog::log(level::critical, m, args...);
}

}  // namespace ctxlog
