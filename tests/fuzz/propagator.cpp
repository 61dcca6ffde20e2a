// Fuzz target: values that arrive at a propagator, one part for each header.
// SPDX-License-Identifier: MIT
#include <map>

#include "ctxlog/process.hpp"
#include "support.hpp"

namespace {

ctxlog::context_var<std::string> request("request"), tenant("tenant");
const ctxlog::propagator carried{{request, "X-Request-ID"}, {tenant, "X-Tenant"}};

bool is_carried(std::string_view value) {
  return !value.empty() && value.size() <= 8192 && std::all_of(value.begin(), value.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte != 0x7f;
  });
}

using headers = std::map<std::string, std::string, std::less<>>;

headers injected(const ctxlog::context& from) {
  headers sent;
  carried.inject([&](std::string_view header, std::string_view value) { sent.emplace(header, value); }, from);
  return sent;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto parts = fuzz::parts_of(fuzz::text_of(data, size));
  headers arrived, expected;
  const char* const names[] = {"X-Request-ID", "X-Tenant"};
  for (std::size_t i = 0; i != std::min(parts.size(), std::size(names)); ++i) {
    arrived.emplace(names[i], parts[i]);
    if (is_carried(parts[i])) expected.emplace(names[i], parts[i]);
  }
  const auto get = [&](std::string_view header) -> std::optional<std::string_view> {
    const auto found = arrived.find(header);
    return found == arrived.end() ? std::nullopt : std::optional<std::string_view>(found->second);
  };
  FUZZ_CHECK(injected(carried.extract(get, ctxlog::context::empty())) == expected);
  return 0;
}
