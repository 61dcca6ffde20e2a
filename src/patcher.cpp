// Patchers and the built-in ones.
// SPDX-License-Identifier: MIT
#include "ctxlog/patcher.hpp"

#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <string>
#include <string_view>

#include "diagnostics.hpp"
#include "process_info.hpp"

namespace ctxlog {

patcher::patcher(std::function<void(record&)> per_record, std::function<void(field_set&)> per_context) {
  static constinit std::atomic<std::uint64_t> last_id{0};
  body_ = std::make_shared<const body>(body{std::move(per_record), std::move(per_context), ++last_id});
}

patcher thread_fields() {
  return {[](record& rec) {
    rec.set("thread.id", rec.thread_id());
    if (!rec.thread_name().empty()) rec.set("thread.name", rec.thread_name());
  }};
}

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

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

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// OpenTelemetry specification, resource SDK: "key1=value1,key2=value2", values percent-encoded; a part that
// is malformed is reported and left out.
void add_resource_attributes(field_set& fields, std::string_view list) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string_view part = trimmed(list.substr(0, comma));
    list = comma == list.npos ? std::string_view() : list.substr(comma + 1);
    if (part.empty()) continue;
    const std::size_t equals = part.find('=');
    const std::string_view key = trimmed(part.substr(0, equals));
    if (equals == part.npos || key.empty())
      detail::report("OTEL_RESOURCE_ATTRIBUTES: \"" + std::string(part) + "\" is not key=value; left out");
    else
      fields.set(key, percent_decoded(trimmed(part.substr(equals + 1))));
  }
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

}  // namespace

patcher process_fields() {
  auto fields = std::make_shared<field_set>();
  fields->set("host.name", host_name());
  if (const char* attributes = std::getenv("OTEL_RESOURCE_ATTRIBUTES"))
    add_resource_attributes(*fields, attributes);
  if (const char* service = std::getenv("OTEL_SERVICE_NAME"); service && *service)
    fields->set("service.name", service);
  return {[fields](record& rec) {
    rec.set("process.pid", detail::process_id());
    for (const field& f : fields->run().fields()) rec.set(f.key, f.value);
  }};
}

}  // namespace ctxlog
