// Patchers: callables that complete a record with what the task's context knows.
// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ctxlog/context.hpp"
#include "ctxlog/export.hpp"
#include "ctxlog/field_set.hpp"
#include "ctxlog/record.hpp"

namespace ctxlog {

/// Called on the thread of the log call, after the message is formatted and the level let it pass, once per
/// record whatever the number of sinks. A patcher that throws does not reach the caller: the record goes on
/// with the field `patch_error` and the failure is counted. Records logged from inside a patcher are
/// delivered without patchers.
class patcher {
 public:
  /// A record patcher: `void(record&)`, run for every record.
  template <std::invocable<record&> F>
  patcher(F f) : patcher(std::function<void(record&)>(std::move(f)), {}) {}

  /// A context patcher: `void(field_set&)` that reads nothing but the context. It runs once per snapshot and
  /// thread; its fields are kept, encoded, for all records of that snapshot.
  template <std::invocable<field_set&> F>
  static patcher of_context(F f) {
    return patcher({}, std::function<void(field_set&)>(std::move(f)));
  }

 private:
  friend class detail::record_builder;
  friend class detail::context_patching;
  struct body {
    std::function<void(record&)> per_record;
    std::function<void(field_set&)> per_context;
    std::uint64_t id;
  };
  CTXLOG_API patcher(std::function<void(record&)>, std::function<void(field_set&)>);

  std::shared_ptr<const body> body_;
};

namespace detail {

// A request id that is set but empty says nothing: it is left out, as in Python's `if request_id:`.
template <class T>
void add_variable(field_set& fields, const context_var<T>& variable) {
  const T* v = variable.find();
  if (!v) return;
  if constexpr (string_like<T>) {
    if (std::string_view(*v).empty()) return;
  }
  fields.set(variable.name(), *v);
}

}  // namespace detail

/// Adds the given context variables under their names; one that is unset or an empty string adds nothing. The
/// variables must live as long as the patcher, as namespace-scope variables do.
template <class... T>
patcher context_variables(const context_var<T>&... variables) {
  return patcher::of_context(
      [... v = &variables](field_set& fields) { (detail::add_variable(fields, *v), ...); });
}

/// Adds `thread.id` (kernel thread id) and, for a thread that has one, `thread.name`.
CTXLOG_API patcher thread_fields();

/// Adds `process.pid`, `host.name` and what `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` say of the
/// service (OpenTelemetry: resource environment variables); the variables are read once, by this call. A fork
/// is noticed.
CTXLOG_API patcher process_fields();

}  // namespace ctxlog
