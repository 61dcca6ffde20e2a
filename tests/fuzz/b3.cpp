// Fuzz target: B3, one part for each header: b3, or trace id, span id, sampled, flags.
// SPDX-License-Identifier: MIT
#include "ctxlog/http/b3.hpp"
#include "support.hpp"

using ctxlog::http::b3_headers;
using ctxlog::http::parse_b3;
using ctxlog::http::trace_parent;

namespace {

void check_accepted(const b3_headers& headers) {
  const auto parsed = parse_b3(headers);
  if (!parsed) return;
  FUZZ_CHECK(fuzz::fits_a_header(parsed->text()) && trace_parent::parse(parsed->text()) == parsed);
  FUZZ_CHECK((parsed->flags & ~ctxlog::http::sampled_flag) == 0);
  const std::string single = std::string(parsed->trace_id.text()) + '-' +
                             std::string(parsed->span_id.text()) + (parsed->sampled() ? "-1" : "-0");
  FUZZ_CHECK(parse_b3({.b3 = single}) == parsed);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto parts = fuzz::parts_of(fuzz::text_of(data, size));
  const auto part = [&](std::size_t i) { return i < parts.size() ? std::optional(parts[i]) : std::nullopt; };
  check_accepted({.b3 = part(0)});
  check_accepted({.trace_id = part(0), .span_id = part(1), .sampled = part(2), .flags = part(3)});
  return 0;
}
