// Values as people read them inside a sentence.
// SPDX-License-Identifier: MIT
#include "value_text.hpp"

#include <array>
#include <cmath>
#include <iterator>
#include <string_view>

#include "ctxlog/field.hpp"
#include "json_output.hpp"
#include "text/time.hpp"

namespace ctxlog::detail {
namespace {

void append_duration(fmt::memory_buffer& out, std::chrono::nanoseconds d) {
  struct unit {
    double nanoseconds;
    std::string_view name;
  };
  static constexpr std::array<unit, 4> units{{{1e9, "s"}, {1e6, "ms"}, {1e3, "us"}, {1, "ns"}}};
  const auto count = static_cast<double>(d.count());
  const unit* fitting = units.data();
  while (fitting != &units.back() && std::abs(count) < fitting->nanoseconds) ++fitting;
  fmt::format_to(std::back_inserter(out), "{:.6g}{}", count / fitting->nanoseconds, fitting->name);
}

}  // namespace

void append_text(fmt::memory_buffer& out, const value& v) {
  const auto append = [&](std::string_view text) { out.append(text.data(), text.data() + text.size()); };
  std::array<char, 32> text;
  switch (v.kind()) {
    case value_kind::null:
      return append("null");
    case value_kind::boolean:
      return append(v.boolean() ? "true" : "false");
    case value_kind::integer:
      return out.append(text.data(), write_int64(text.data(), v.integer()));
    case value_kind::unsigned_integer:
      return out.append(text.data(), write_uint64(text.data(), v.unsigned_integer()));
    case value_kind::real:
      fmt::format_to(std::back_inserter(out), "{}", v.real());
      return;
    case value_kind::string:
      return append(v.string());
    case value_kind::time:
      return out.append(text.data(), write_rfc3339_utc(text.data(), v.time().time_since_epoch().count()));
    case value_kind::duration:
      return append_duration(out, v.duration());
    case value_kind::array:
    case value_kind::object:
      return json_output(out).value(v);
  }
}

}  // namespace ctxlog::detail
