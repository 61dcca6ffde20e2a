// Does every log line carry the id of its own request? Compares lines with what the clients know.
// SPDX-License-Identifier: MIT
#pragma once

#include <ctxlog/http/request_id.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "client_load.hpp"

namespace example {

/// What the audit reads from a line. `order` comes from what the code passed by hand (the field `order`, or
/// the path of the request), `id` from the context.
struct observed_line {
  std::string order;
  std::string id;
  bool access = false;
};

// "/orders/17/invoice" -> "17"
inline std::string order_in_path(std::string_view path) {
  const auto first = path.find('/', 1);
  if (first == path.npos) return {};
  const auto rest = path.substr(first + 1);
  return std::string(rest.substr(0, rest.find('/')));
}

inline observed_line read_json_line(const std::string& line) {
  const auto json = nlohmann::json::parse(line);
  const std::string path = json.value("url.path", "");
  return {path.empty() ? json.value("order", "") : order_in_path(path), json.value("request_id", ""),
          json.value("logger", "") == "http.access"};
}

// The value of ` key=value` or ` key="value"`.
inline std::string pretty_field(std::string_view line, std::string_view key) {
  const auto at = line.find(fmt::format(" {}=", key));
  if (at == line.npos) return {};
  auto value = line.substr(at + key.size() + 2);
  const bool quoted = value.starts_with('"');
  if (quoted) value.remove_prefix(1);
  return std::string(value.substr(0, value.find(quoted ? '"' : ' ')));
}

inline observed_line read_pretty_line(const std::string& line) {
  const std::string path = pretty_field(line, "url.path");
  return {path.empty() ? pretty_field(line, "order") : order_in_path(path), pretty_field(line, "request_id"),
          line.find(" http.access ") != line.npos};
}

struct audit_result {
  int answered = 0;
  int wrong_status = 0;
  int wrong_response_ids = 0;
  int records = 0, expected_records = 0;
  int access_records = 0, expected_access_records = 0;
  int wrong_counts = 0;  // requests with a record too few or too many
  int without_id = 0;
  int foreign = 0;  // another request's id, or the id of one where there is none

  bool good(int requests) const {
    return answered == requests && wrong_status == 0 && wrong_response_ids == 0 &&
           records == expected_records && access_records == expected_access_records && wrong_counts == 0 &&
           without_id == 0 && foreign == 0;
  }
};

/// A valid id comes back as it is; else a new one, given to nobody before.
inline bool is_right_response_id(const exchange& e, std::set<std::string>& given) {
  if (ctxlog::http::is_valid_request_id(e.sent_id)) return e.received_id == e.sent_id;
  return ctxlog::http::is_valid_request_id(e.received_id) && given.insert(e.received_id).second;
}

inline audit_result audit(const std::vector<exchange>& exchanges, const std::vector<observed_line>& lines) {
  struct expectation {
    std::string id;
    int records, access_records;  // still to come
  };
  audit_result result;
  std::set<std::string> given;
  std::map<std::string, expectation> by_order;
  for (const auto& e : exchanges) {
    result.answered += e.status != 0;
    result.wrong_status += e.status != e.kind->status;
    result.wrong_response_ids += !is_right_response_id(e, given);
    result.expected_records += e.kind->records;
    result.expected_access_records += e.kind->access_records;
    // A valid id was known before it was answered: the answer may be wrong too.
    by_order[e.order] = {ctxlog::http::is_valid_request_id(e.sent_id) ? e.sent_id : e.received_id,
                         e.kind->records, e.kind->access_records};
  }
  for (const auto& line : lines) {
    const auto expected = by_order.find(line.order);
    if (expected == by_order.end()) {
      result.foreign += !line.id.empty();
      continue;
    }
    ++result.records;
    --expected->second.records;
    result.access_records += line.access;
    expected->second.access_records -= line.access;
    result.without_id += line.id.empty();
    result.foreign += !line.id.empty() && line.id != expected->second.id;
  }
  for (const auto& [order, left] : by_order)
    result.wrong_counts += left.records != 0 || left.access_records != 0;
  return result;
}

}  // namespace example
