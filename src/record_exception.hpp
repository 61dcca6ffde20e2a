// The exception that a record is about, and its story as text.
// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>

#include <iterator>
#include <optional>

#include "ctxlog/record.hpp"
#include "exception_parts.hpp"
#include "json_output.hpp"

namespace ctxlog::detail {

// The first one among the fields; the field itself stays where it is.
inline std::optional<exception_parts> first_exception(const record& rec) {
  std::optional<exception_parts> found;
  rec.for_each_field([&](const field& f) {
    if (!found) found = as_exception(f.value);
  });
  return found;
}

// A string: what was thrown, the frames below it, innermost first, and its causes, as stack traces are
// printed elsewhere.
inline void write_stack_trace(json_output& out, const exception_parts& e) {
  fmt::memory_buffer text;
  const auto describe = [&](const exception_parts& part) {
    fmt::format_to(std::back_inserter(text), "{}: {}\n", part.type, part.message);
  };
  describe(e);
  for (const value& frame : e.stack) fmt::format_to(std::back_inserter(text), "    at {}\n", frame.string());
  for (const value& cause : e.causes) {
    fmt::format_to(std::back_inserter(text), "Caused by: ");
    describe(*as_exception(cause));
  }
  out.string({text.data(), text.size() - 1});
}

}  // namespace ctxlog::detail
