// Fuzz target: baggage, one part for each line; the first part is also a value to set.
// SPDX-License-Identifier: MIT
#include <stdexcept>

#include "ctxlog/http/baggage.hpp"
#include "support.hpp"

using ctxlog::http::baggage;

namespace {

void check_written(const baggage& made) {
  const std::string text = made.text();
  const std::string_view line = text;
  FUZZ_CHECK(fuzz::fits_a_header(text) && text.find(' ') == text.npos);
  FUZZ_CHECK(text.size() <= baggage::max_size && made.members().size() <= baggage::max_members);
  const baggage again = baggage::parse({&line, 1});
  FUZZ_CHECK(std::equal(made.members().begin(), made.members().end(), again.members().begin(),
                        again.members().end()));
}

bool can_be_set(baggage& made, std::string_view key, std::string_view value) {
  try {
    made.set(key, value);
    return true;
  } catch (const std::invalid_argument&) {
  } catch (const std::length_error&) {}
  return false;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto lines = fuzz::parts_of(fuzz::text_of(data, size));
  baggage made = baggage::parse(lines);
  check_written(made);
  if (lines.empty()) return 0;
  const std::string before = made.text();
  if (!can_be_set(made, "key", lines.front())) FUZZ_CHECK(made.text() == before);
  can_be_set(made, lines.front(), "value");
  check_written(made);
  return 0;
}
