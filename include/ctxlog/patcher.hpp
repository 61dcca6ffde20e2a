// Patchers: callables that complete a record with what the task's context knows.
// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "ctxlog/context.hpp"
#include "ctxlog/export.hpp"
#include "ctxlog/field_set.hpp"
#include "ctxlog/record.hpp"

namespace ctxlog {

namespace detail {

// A context variable as context_variables() reads it. Without a template's help for the most part: a program may have
// many variables, and most contexts bind few of them.
class variable_reader {
 public:
  template <class T>
  explicit variable_reader(const context_var<T>& variable)
      : variable_reader(variable, value_in<T>, context_var<T>::can_default, has_plain_value<T>) {}

  // The key lives as long as the reader.
  std::string_view key() const noexcept { return key_; }
  // Whether reading runs no code of the application and needs no memory.
  bool is_plain() const noexcept { return is_plain_; }
  // Whether the variable says something in that context, and what: it refers to the context and to `memory`, which a
  // plain variable does not need.
  bool read(const node* owner, arena* memory, value& result) const {
    const std::uint32_t id = variable_.id();
    if (!has_default_ && (id == 0 || !slot(owner, id))) return false;
    return value_in_(variable_, owner, memory, result);
  }

 private:
  using function = bool (*)(const context_var_base&, const node*, arena*, value&);

  CTXLOG_API variable_reader(const context_var_base&, function, bool has_default, bool is_plain);

  template <class T>
  static bool value_in(const context_var_base& variable, const node* owner, arena* memory, value& result) {
    const T* v = static_cast<const context_var<T>&>(variable).value_in(owner);
    if (!v) return false;
    // A request id that is set but empty says nothing: it is left out, as in Python's `if request_id:`.
    if constexpr (string_like<T>) {
      if (std::string_view(*v).empty()) return false;
    }
    if constexpr (has_plain_value<T>)
      result = plain_value(*v);
    else
      result = make_value(*v, *memory);
    return true;
  }

  const context_var_base& variable_;
  function value_in_;
  std::string key_;
  bool has_default_, is_plain_;
};

}  // namespace detail

/// Called on the thread of the log call, after the message is formatted and the level let it pass, once per
/// record whatever the number of sinks. A patcher that throws does not reach the caller: the record goes on
/// with the field `patch_error` and the failure is counted. Records logged from inside a patcher are
/// delivered without patchers.
class patcher {
 public:
  /// A record patcher: `void(record&)`, run for every record.
  template <std::invocable<record&> F>
  patcher(F f) : patcher(action(per_record(std::move(f)))) {}

  /// A context patcher: `void(field_set&)` that reads nothing but the context. It runs once per snapshot and
  /// thread; its fields are kept, encoded, for all records of that snapshot.
  template <std::invocable<field_set&> F>
  static patcher of_context(F f) {
    return patcher(action(per_context(std::move(f))));
  }

 private:
  friend class detail::record_builder;
  friend class detail::context_patching;
  template <class... T>
  friend patcher context_variables(const context_var<T>&... variables);

  using per_record = std::function<void(record&)>;
  using per_context = std::function<void(field_set&)>;
  using variables = std::vector<detail::variable_reader>;  // read per context
  using action = std::variant<per_record, per_context, variables>;

  struct body {
    action does;
    std::uint64_t id;
  };
  CTXLOG_API explicit patcher(action);

  std::shared_ptr<const body> body_;
};

/// Adds the given context variables under their names; one that is unset or an empty string adds nothing. The
/// variables must live as long as the patcher, as namespace-scope variables do. Numbers and strings are read in place;
/// of another type its to_json() or fmt::formatter runs on the thread of the call: once per snapshot and thread,
/// asynchronously now and then again, when the queue must be told anew.
template <class... T>
patcher context_variables(const context_var<T>&... variables) {
  return patcher(patcher::action(patcher::variables{detail::variable_reader(variables)...}));
}

/// Adds `thread.id` (kernel thread id) and, for a thread that has one, `thread.name`.
CTXLOG_API patcher thread_fields();

/// Adds `process.pid`, `host.name` and what `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` say of the
/// service (OpenTelemetry: resource environment variables); the variables are read once, by this call. A fork
/// is noticed.
CTXLOG_API patcher process_fields();

}  // namespace ctxlog
