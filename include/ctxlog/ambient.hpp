// Ambient fields: key-values put in the context for every record below.
// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "ctxlog/context.hpp"
#include "ctxlog/field_set.hpp"

namespace ctxlog {
namespace detail {

// A new cell that begins with the ambient fields of the current context.
CTXLOG_API std::unique_ptr<cell_of<field_set>> inherit_ambient_fields();

}  // namespace detail

/// `auto s = with_fields(kv("user", name), "cart"_kv = id);` Until the scope ends every record of this task
/// carries the fields, also those of functions and threads that the context is handed to. Scopes nest; the
/// inner value of a key wins. Nothing is seen by the caller's caller, by other tasks, or after the scope.
template <class... Fields>
[[nodiscard]] scope with_fields(const Fields&... fields) {
  auto cell = detail::inherit_ambient_fields();
  cell->value.add(fields...);
  return scope(detail::ambient_slot, cell.release());
}

}  // namespace ctxlog
