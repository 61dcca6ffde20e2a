// Reading OpenTelemetry's resource variables.
// SPDX-License-Identifier: MIT
#include "resource.hpp"

#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>

#include "diagnostics.hpp"
#include "text/ascii.hpp"
#include "text/trim.hpp"

namespace ctxlog::detail {
namespace {

std::string percent_decoded(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low < 0) {
      result += text[i];
      continue;
    }
    result += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return result;
}

// "key1=value1,key2=value2", values percent-encoded.
void add_resource_attributes(field_set& fields, std::string_view list) {
  while (!list.empty()) {
    const std::string_view part = take_part(list);
    if (part.empty()) continue;
    const std::size_t equals = part.find('=');
    const std::string_view key = trimmed(part.substr(0, equals));
    if (equals == part.npos || key.empty())
      report("OTEL_RESOURCE_ATTRIBUTES: \"" + std::string(part) + "\" is not key=value; left out");
    else
      fields.set(key, percent_decoded(trimmed(part.substr(equals + 1))));
  }
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

}  // namespace

void add_resource(field_set& fields) {
  fields.set("host.name", host_name());
  if (const char* attributes = std::getenv("OTEL_RESOURCE_ATTRIBUTES"))
    add_resource_attributes(fields, attributes);
  if (const char* service = std::getenv("OTEL_SERVICE_NAME"); service && *service)
    fields.set("service.name", service);
}

std::string_view attribute_of(const field_set& fields, std::string_view key) noexcept {
  for (const field& f : fields.run().fields())
    if (f.key == key) return f.value.string();
  return {};
}

std::string_view deployment_environment_of(const field_set& fields) noexcept {
  const auto name = attribute_of(fields, "deployment.environment.name");
  return name.empty() ? attribute_of(fields, "deployment.environment") : name;
}

}  // namespace ctxlog::detail
