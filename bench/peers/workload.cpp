// Prints the workload as JSON, for the peers in Go and for the check of what the peers wrote.
// SPDX-License-Identifier: MIT
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "shapes.hpp"

namespace {

template <class Shape>
nlohmann::ordered_json listed() {
  auto list = nlohmann::ordered_json::array();
  for (const auto& event : bench::events<Shape>()) {
    nlohmann::ordered_json fields = nlohmann::ordered_json::object();
    bench::visit_fields(event, [&](const auto& key, const auto& value) { fields[key] = value; });
    nlohmann::ordered_json entry = {{"message", bench::message_of(event)}, {"fields", std::move(fields)}};
    if constexpr (requires { event.status; })
      entry["arguments"] = {{"id", event.id}, {"status", event.status}};
    list.push_back(std::move(entry));
  }
  return list;
}

}  // namespace

int main() {
  auto requests = nlohmann::ordered_json::array();
  for (const auto& r : bench::requests())
    requests.push_back({{"request_id", r.request_id}, {"trace_id", r.trace_id}, {"user_id", r.user_id}});
  const nlohmann::ordered_json all = {{"records_per_request", bench::records_per_request},
                                      {"requests", std::move(requests)},
                                      {"shapes",
                                       {{"order", listed<bench::order>()},
                                        {"ping", listed<bench::ping>()},
                                        {"measurement", listed<bench::measurement>()},
                                        {"report", listed<bench::report>()}}}};
  fmt::print("{}\n", all.dump());
}
