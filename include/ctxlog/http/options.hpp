// What the middleware does with a request: defaults that suit a public service.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "ctxlog/field_set.hpp"
#include "ctxlog/http/request_id.hpp"
#include "ctxlog/http/request_view.hpp"
#include "ctxlog/http/trust.hpp"
#include "ctxlog/level.hpp"

namespace ctxlog::http {

/// What becomes of a request id that is not valid.
enum class id_policy : std::uint8_t {
  replace,   // a new id takes its place
  reject,    // the request is answered with 400
  sanitize,  // what is valid of it is kept
};

struct request_id_options {
  /// Headers that may carry it, the first that is there counts. The response and calls to other services carry it
  /// under the same name; under the first of them when it is new. Not empty.
  std::vector<std::string> headers{"X-Request-ID", "X-Correlation-ID"};
  id_policy on_fault = id_policy::replace;
  /// Makes new ids; called on the thread that serves the request. A result that is no valid id is not used.
  std::function<std::string()> generate = new_request_id;
  bool echo = true;
  /// An id of others is not used, but logged as `client.request_id`.
  http::trust trust = http::trust::all();
};

struct trace_options {
  /// Traces of others are not continued; theirs is logged as `client.trace_id`.
  http::trust trust = http::trust::all();
  /// Whether B3 headers continue a trace when there is no valid traceparent.
  bool b3 = false;
  /// Adds `server-timing: trace;desc=…` to the response. Other origins can read it.
  bool server_timing = false;
};

struct baggage_options {
  /// Baggage of others is dropped.
  http::trust trust = http::trust::none();
  /// Keys that become fields `baggage.<key>` of every record of the request.
  std::vector<std::string> fields = {};
};

enum class outcome : std::uint8_t {
  completed,  // a response was sent
  aborted,    // no response, or nobody left to read it
  upgraded,   // the connection went over to another protocol
  rejected,   // refused before it reached the application
};

/// What the access record is made of, for the callbacks that have a say in it. Views, valid during the call.
struct access_view {
  std::string_view method, path, route;
  int status = 0;  // 0: none was sent
  http::outcome outcome = http::outcome::completed;
  std::chrono::nanoseconds duration{};
  bool failed = false;  // an exception ended it
};

enum class duration_unit : std::uint8_t { milliseconds, nanoseconds, seconds_text };

/// The keys of the access record, as literals; an empty one leaves the field out. Keys that begin with `object` and a dot
/// become members of one object.
struct access_keys {
  std::string_view method = "http.request.method";
  std::string_view method_original = "http.request.method_original";
  std::string_view url = {};  // the whole of it, where the request says so much
  std::string_view path = "url.path";
  std::string_view query = "url.query";
  std::string_view scheme = "url.scheme";
  std::string_view route = "http.route";
  std::string_view status = "http.response.status_code";
  std::string_view error_type = "error.type";
  std::string_view duration = "duration_ms";
  duration_unit unit = duration_unit::milliseconds;
  std::string_view client_address = "client.address";
  std::string_view peer_address = "network.peer.address";
  std::string_view peer_port = "network.peer.port";
  std::string_view protocol_version = "network.protocol.version";
  std::string_view protocol = {};  // "HTTP/1.1"
  std::string_view server_address = "server.address";
  std::string_view server_port = "server.port";
  std::string_view user_agent = "user_agent.original";
  std::string_view request_size = "http.request.body.size";
  std::string_view response_size = "http.response.body.size";
  std::string_view object = {};
};

/// OpenTelemetry semantic conventions for HTTP servers.
inline constexpr access_keys opentelemetry_keys{};

/// Elastic Common Schema 8.11.
inline constexpr access_keys ecs_keys{.method_original = {},
                                      .duration = "event.duration",
                                      .unit = duration_unit::nanoseconds,
                                      .client_address = "client.ip",
                                      .peer_address = "source.ip",
                                      .peer_port = "source.port",
                                      .protocol_version = "http.version",
                                      .server_address = "url.domain",
                                      .server_port = "url.port",
                                      .request_size = "http.request.body.bytes",
                                      .response_size = "http.response.body.bytes"};

/// Google Cloud Logging's HttpRequest.
inline constexpr access_keys google_cloud_keys{.method = "httpRequest.requestMethod",
                                               .method_original = {},
                                               .url = "httpRequest.requestUrl",
                                               .path = {},
                                               .query = {},
                                               .scheme = {},
                                               .status = "httpRequest.status",
                                               .duration = "httpRequest.latency",
                                               .unit = duration_unit::seconds_text,
                                               .client_address = "httpRequest.remoteIp",
                                               .peer_address = {},
                                               .peer_port = {},
                                               .protocol_version = {},
                                               .protocol = "httpRequest.protocol",
                                               .server_address = {},
                                               .server_port = {},
                                               .user_agent = "httpRequest.userAgent",
                                               .request_size = "httpRequest.requestSize",
                                               .response_size = "httpRequest.responseSize",
                                               .object = "httpRequest"};

/// One record for each request, by the logger `http.access`. Level: error for 5xx and exceptions; warn for 4xx except
/// 429, and for what was aborted; debug for OPTIONS and what `skip` names; else info. All callbacks run on the thread that finishes the
/// request; one that throws is counted (statistics::patch_errors) and has no say.
struct access_options {
  access_keys keys = opentelemetry_keys;
  /// True: of no interest while it goes well (health checks); recorded at debug unless it fails.
  std::function<bool(const access_view&)> skip = {};
  /// From this duration on, debug becomes info and info warn. Zero: never.
  std::chrono::nanoseconds slow{};
  /// Decides last, given the level so far; level::off leaves the record out.
  std::function<ctxlog::level(const access_view&, ctxlog::level)> level = {};
  /// Adds fields.
  std::function<void(const access_view&, field_set&)> enrich = {};
  /// Whether the query is logged, with the values of the keys below replaced by REDACTED.
  bool query = false;
  /// The list of the OpenTelemetry conventions for `url.query`; compared with case.
  std::vector<std::string> redacted_query_keys{
      "AWSAccessKeyId",  "Signature",       "sig", "X-Amz-Credential", "X-Amz-Security-Token",
      "X-Amz-Signature", "X-Goog-Signature"};
  /// Headers logged as `http.request.header.<name>`, arrays of their lines. Those that hold credentials are never shown.
  std::vector<std::string> request_headers = {};
  /// Logs the network of the client only: /24 of IPv4, /48 of IPv6.
  bool mask_client = false;
};

/// Given to a framework's install(); read by all threads, so it does not change afterwards.
struct options {
  request_id_options request_id = {};
  trace_options trace = {};
  baggage_options baggage = {};
  /// Whose Forwarded or X-Forwarded-For lines name the client: your own proxies, never all.
  trust forwarded = trust::none();
  access_options access = {};
};

}  // namespace ctxlog::http
