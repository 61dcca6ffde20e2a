// Fuzz target: the directives of LOG_LEVEL.
// SPDX-License-Identifier: MIT
#include "environment.hpp"
#include "support.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  fuzz::captured_errors errors;
  const auto directives = ctxlog::detail::parse_levels(text, "LOG_LEVEL");
  const std::string report = errors.text();
  FUZZ_CHECK(fuzz::is_harmless_report(report));
  FUZZ_CHECK(directives.size() <= 1 + static_cast<std::size_t>(std::count(text.begin(), text.end(), ',')));
  for (const auto& [name, level] : directives) {
    FUZZ_CHECK(text.find(name) != text.npos && name.find(',') == name.npos);
    const std::string again = name + (name.empty() ? "" : "=") + std::to_string(static_cast<int>(level));
    if (level == ctxlog::level::off || name.find('=') != name.npos) continue;
    FUZZ_CHECK(ctxlog::detail::parse_levels(again, "LOG_LEVEL") ==
               ctxlog::detail::level_directives{{name, level}});
  }
  return 0;
}
