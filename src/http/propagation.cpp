// Making the headers of an outgoing call.
// SPDX-License-Identifier: MIT
#include "ctxlog/http/propagation.hpp"

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>

#include "ctxlog/http/correlation.hpp"
#include "ctxlog/logger.hpp"
#include "text/ascii.hpp"

namespace ctxlog::http {
namespace {

using chosen_options = std::shared_ptr<const propagation_options>;

std::mutex chosen_mutex;

chosen_options& chosen() {
  static chosen_options& never_destroyed = *new chosen_options(std::make_shared<const propagation_options>());
  return never_destroyed;
}

bool matches(std::string_view pattern, std::string_view host) {
  using ctxlog::detail::equal_ignoring_case;
  if (!pattern.starts_with("*.")) return equal_ignoring_case(pattern, host);
  pattern.remove_prefix(1);
  return host.size() > pattern.size() &&
         equal_ignoring_case(pattern, host.substr(host.size() - pattern.size()));
}

bool may_know(const propagation_options& options, std::string_view host) {
  return options.hosts.empty() ||
         std::any_of(options.hosts.begin(), options.hosts.end(),
                     [&](const std::string& pattern) { return matches(pattern, host); });
}

void tell(const trace_parent& call, std::string_view host) {
  using namespace ctxlog::literals;
  static const logger propagation("http.propagation");
  propagation.debug("calling {server.address}", "server.address"_kv = host,
                    "http.client.span_id"_kv = call.span_id.text());
}

}  // namespace

void set_propagation(propagation_options options) {
  auto next = std::make_shared<const propagation_options>(std::move(options));
  const std::lock_guard lock(chosen_mutex);
  chosen().swap(next);
}

header_list propagation_headers(std::string_view host) {
  const chosen_options options = [] {
    const std::lock_guard lock(chosen_mutex);
    return chosen();
  }();
  header_list headers;
  if (!may_know(*options, host)) return headers;
  const correlation* const ids = current_correlation();
  if (!ids && !options->start_trace) return headers;

  const trace_parent call = ids ? ids->trace.child() : trace_parent::start();
  headers.emplace_back("traceparent", call.text());
  if (ids) {
    if (options->request_id) headers.emplace_back(ids->id_header, ids->request_id);
    if (!ids->trace_state.empty()) headers.emplace_back("tracestate", ids->trace_state.text());
    if (options->baggage && !ids->baggage.empty()) headers.emplace_back("baggage", ids->baggage.text());
  }
  tell(call, host);
  return headers;
}

}  // namespace ctxlog::http
