// Fuzz target: OTEL_RESOURCE_ATTRIBUTES, as every record of the encoders for OpenTelemetry carries it.
// SPDX-License-Identifier: MIT
#include "resource.hpp"
#include "ctxlog/field_set.hpp"
#include "support.hpp"
#include "text/utf8.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::text_of(data, size));
  ::setenv("OTEL_RESOURCE_ATTRIBUTES", text.c_str(), 1);
  ctxlog::field_set fields;
  fuzz::captured_errors errors;
  ctxlog::detail::add_resource(fields);
  const std::string report = errors.text();
  FUZZ_CHECK(fuzz::is_harmless_report(report));
  for (const ctxlog::field& each : fields.run().fields()) {
    FUZZ_CHECK(!each.key.empty() && ctxlog::detail::is_valid_utf8(each.key));
    FUZZ_CHECK(each.value.kind() == ctxlog::value_kind::string);
  }
  return 0;
}
