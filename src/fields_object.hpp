// All fields of a record as one JSON object, in their order.
// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "ctxlog/record.hpp"
#include "json_output.hpp"

namespace ctxlog::detail {

inline void write_fields_object(json_output& out, const record& rec) {
  std::string_view separator = "";
  out.raw('{');
  rec.for_each_field([&](const field& f) {
    out.raw(separator);
    out.string(f.key);
    out.raw(':');
    out.value(f.value);
    separator = ",";
  });
  out.raw('}');
}

}  // namespace ctxlog::detail
