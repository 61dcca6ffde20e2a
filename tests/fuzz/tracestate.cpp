// Fuzz target: tracestate, one part for each line.
// SPDX-License-Identifier: MIT
#include "ctxlog/http/trace_context.hpp"
#include "support.hpp"

using ctxlog::http::trace_state;

namespace {

trace_state parse_one(std::string_view line) { return trace_state::parse({&line, 1}); }

void check_changed(const trace_state& state) {
  const trace_state changed = state.with("own", "1");
  const std::string text = changed.text(SIZE_MAX);
  FUZZ_CHECK(text.starts_with("own=1") && changed.find("own") == "1");
  FUZZ_CHECK(parse_one(text) == changed);
}

void check_cut(const trace_state& state, std::size_t max_size) {
  const std::string text = state.text(max_size);
  FUZZ_CHECK(text.size() <= max_size);
  FUZZ_CHECK(parse_one(text).text(SIZE_MAX) == text);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto state = trace_state::parse(fuzz::parts_of(fuzz::text_of(data, size)));
  const std::string text = state.text(SIZE_MAX);
  FUZZ_CHECK(fuzz::fits_a_header(text));
  FUZZ_CHECK(std::count(text.begin(), text.end(), ',') < 32);
  FUZZ_CHECK(parse_one(text) == state);
  check_changed(state);
  for (const std::size_t max_size : {std::size_t{0}, size % 256, std::size_t{512}})
    check_cut(state, max_size);
  return 0;
}
