// What the HTTP middleware can be told, and how a server without an adapter uses it: here it serves strings.
// SPDX-License-Identifier: MIT
#include <chrono>
#include <ctxlog/ctxlog.hpp>
#include <ctxlog/http/exchange.hpp>
#include <ctxlog/http/options.hpp>
#include <ctxlog/http/propagation.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace ctxlog::literals;
using header = std::pair<std::string, std::string>;

struct request {
  std::string method, path, query, peer;
  std::vector<header> headers;
};

int handle(const request& asked) {
  if (asked.path == "/missing") return 404;
  ctxlog::info("handled");
  ctxlog::http::add_to_access_record("user"_kv = "ada");
  return 200;
}

// What an adapter does.
int serve(const request& asked, const std::shared_ptr<const ctxlog::http::options>& options) {
  // A real one compares names without case.
  const auto find = [&](std::string_view name, ctxlog::http::header_lines& lines) {
    for (const auto& [key, value] : asked.headers)
      if (key == name) lines.push_back(value);
  };
  const auto exchange = ctxlog::http::exchange::begin({.method = asked.method,
                                                       .path = asked.path,
                                                       .query = asked.query,
                                                       .peer_address = asked.peer,
                                                       .headers = find},
                                                      options);
  const auto inside = exchange->enter();
  const int status = exchange->rejected() ? 400 : handle(asked);
  // exchange->for_each_response_header(…) gives the response its headers
  using ctxlog::http::outcome;
  exchange->finish(
      {.status = status, .outcome = exchange->rejected() ? outcome::rejected : outcome::completed});
  return status;
}

ctxlog::http::options behind_proxies() {
  ctxlog::http::options chosen;
  // Only the proxies may say who the client is, which request and trace this is part of, and for whom.
  const auto proxies = ctxlog::http::trust::networks({"10.0.0.0/8", "fd00::/8"});
  chosen.forwarded = proxies;
  chosen.request_id.trust = proxies;
  chosen.trace.trust = proxies;
  chosen.baggage.trust = proxies;
  chosen.baggage.fields = {"tenant"};  // a field baggage.tenant on every line
  return chosen;
}

ctxlog::http::options strict_about_ids() {
  ctxlog::http::options chosen;
  chosen.request_id.headers = {"X-Correlation-ID"};
  chosen.request_id.on_fault = ctxlog::http::id_policy::reject;
  chosen.request_id.generate = [] { return "shop-" + ctxlog::http::new_request_id(); };
  return chosen;
}

ctxlog::http::options with_own_access_record() {
  using ctxlog::http::access_view;
  ctxlog::http::options chosen;
  chosen.access.skip = [](const access_view& seen) { return seen.path == "/health"; };
  chosen.access.slow = std::chrono::seconds(5);
  chosen.access.level = [](const access_view& seen, ctxlog::level so_far) {
    return seen.status == 404 ? ctxlog::level::info : so_far;
  };
  chosen.access.enrich = [](const access_view& seen, ctxlog::field_set& fields) {
    fields.set("path_size", seen.path.size());
  };
  chosen.access.query = true;
  chosen.access.request_headers = {"Accept-Language", "Authorization"};
  chosen.access.mask_client = true;
  return chosen;
}

ctxlog::http::options for_google_cloud() {
  ctxlog::http::options chosen;
  chosen.access.keys = ctxlog::http::google_cloud_keys;
  return chosen;
}

std::shared_ptr<const ctxlog::http::options> shared(ctxlog::http::options chosen) {
  return std::make_shared<const ctxlog::http::options>(std::move(chosen));
}

}  // namespace

int main() {
  const std::vector<header> told{
      {"X-Request-ID", "req-1"}, {"X-Forwarded-For", "192.0.2.60"}, {"baggage", "tenant=acme"}};
  const auto proxies = shared(behind_proxies());
  serve({"GET", "/orders", "", "10.0.0.3", told}, proxies);
  serve({"GET", "/orders", "", "198.51.100.7", told}, proxies);  // the same words of a stranger

  const auto strict = shared(strict_about_ids());
  serve({"GET", "/orders", "", "10.0.0.3", {{"X-Correlation-ID", "not an id"}}}, strict);
  serve({"GET", "/orders", "", "10.0.0.3", {}}, strict);

  const auto own = shared(with_own_access_record());
  serve({"GET", "/health", "", "10.0.0.3", {}}, own);  // at debug, which PROD leaves out
  serve({"GET", "/missing", "page=2&sig=s3cret", "10.0.0.3", {{"Authorization", "Bearer s3cret"}}}, own);

  serve({"GET", "/orders", "", "10.0.0.3", {}}, shared(for_google_cloud()));

  // Others learn nothing of our requests.
  ctxlog::http::set_propagation({.hosts = {"*.internal"}});
  ctxlog::info("headers for calls",
               "inventory"_kv = ctxlog::http::propagation_headers("inventory.internal").size(),
               "partner"_kv = ctxlog::http::propagation_headers("partner.example").size());

  const auto counted = ctxlog::http::stats();
  ctxlog::info("{requests} requests", "requests"_kv = counted.requests, "faulty_ids"_kv = counted.faulty_ids,
               "faulty_traces"_kv = counted.faulty_traces, "aborted"_kv = counted.aborted);
}
