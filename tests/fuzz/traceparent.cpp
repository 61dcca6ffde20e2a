// Fuzz target: traceparent, and ids alone.
// SPDX-License-Identifier: MIT
#include "ctxlog/http/trace_context.hpp"
#include "support.hpp"

using ctxlog::http::span_id;
using ctxlog::http::trace_id;
using ctxlog::http::trace_parent;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view header = fuzz::text_of(data, size);
  if (const auto id = trace_id::parse(header))
    FUZZ_CHECK(id->text() == header && fuzz::fits_a_header(header));
  if (const auto id = span_id::parse(header)) FUZZ_CHECK(id->text() == header && fuzz::fits_a_header(header));

  const auto parsed = trace_parent::parse(header);
  if (!parsed) return 0;
  const std::string text = parsed->text();
  FUZZ_CHECK(text.size() == 55 && fuzz::fits_a_header(text));
  FUZZ_CHECK(trace_parent::parse(text) == parsed);
  FUZZ_CHECK((parsed->flags & ~3) == 0);
  FUZZ_CHECK(header.find(parsed->trace_id.text()) != header.npos);
  FUZZ_CHECK(parsed->child().trace_id == parsed->trace_id && parsed->child().span_id != parsed->span_id);
  return 0;
}
