// Exceptions as data: type, message, nested causes, and the stack where the throw site recorded one.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <exception>
#include <span>
#include <type_traits>
#include <utility>

#include "ctxlog/export.hpp"
#include "ctxlog/value.hpp"

namespace ctxlog {

/// The stack at the place of its construction: return addresses only, turned into text when it is logged.
/// Costs about a microsecond and allocates nothing.
class CTXLOG_API stack_trace {
 public:
  stack_trace() noexcept;

  /// Innermost first, frames of this library left out.
  std::span<void* const> frames() const noexcept { return {frames_.data(), size_}; }

 private:
  std::array<void*, 64> frames_;
  std::size_t size_ = 0;
};

/// An exception that remembers where it was thrown: `throw ctxlog::traced(std::runtime_error("disk gone"))`.
/// It is caught as what it wraps; logged, it has the additional member "stack".
template <class E>
class traced : public E, public stack_trace {
  static_assert(std::is_base_of_v<std::exception, E>,
                "ctxlog::traced wraps a class derived from std::exception");

 public:
  explicit traced(E thrown) : E(std::move(thrown)) {}
};

namespace detail {

// {"type", "message", "causes": [{"type", "message"}…], "stack": [text…]}; the two arrays only where there is
// something.
CTXLOG_API value exception_value(arena&, const std::exception&);
CTXLOG_API value exception_value(arena&, const std::exception_ptr&);

}  // namespace detail
}  // namespace ctxlog
