// One record for each request, in the keys of the chosen schema.
// SPDX-License-Identifier: MIT
#include "http/access_record.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>

#include "ctxlog/logger.hpp"
#include "http/callback.hpp"
#include "text/ascii.hpp"
#include "text/utf8.hpp"

namespace ctxlog::http::detail {
namespace {

using ctxlog::detail::argument;
using ctxlog::detail::call_site;
using ctxlog::detail::message_syntax;

constexpr std::size_t max_method = 32, max_path = 2048, max_query = 1024, max_user_agent = 256,
                      max_header = 512, max_address = 256;

// RFC 9110 section 9 and RFC 5789; any other text would make as many groups as attackers can think of.
constexpr std::array<std::string_view, 9> known_methods{"GET",     "HEAD",    "POST",  "PUT",  "DELETE",
                                                        "CONNECT", "OPTIONS", "TRACE", "PATCH"};

constexpr std::array<std::string_view, 8> credential_headers{
    "authorization", "proxy-authorization", "cookie",       "set-cookie",
    "x-api-key",     "x-auth-token",        "x-csrf-token", "x-amz-security-token"};

template <class Number>
std::optional<Number> number_of(std::string_view digits) {
  Number number{};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

std::string_view name_of(outcome o) {
  switch (o) {
    case outcome::completed:
      return "completed";
    case outcome::aborted:
      return "aborted";
    case outcome::upgraded:
      return "upgraded";
    case outcome::rejected:
      break;
  }
  return "rejected";
}

level raised(level l) {
  if (l == level::debug) return level::info;
  return l == level::info ? level::warn : l;
}

level level_of(const access_options& chosen, const access_view& seen) {
  constexpr int too_many_requests = 429;
  level l = level::info;
  if (seen.failed || seen.status >= 500) {
    l = level::error;
  } else if (seen.outcome == outcome::aborted || (seen.status >= 400 && seen.status != too_many_requests)) {
    l = level::warn;
  } else {
    bool skipped = seen.method == "OPTIONS";
    if (chosen.skip && !skipped) guarded([&] { skipped = chosen.skip(seen); });
    if (skipped) l = level::debug;
  }
  if (chosen.slow != chosen.slow.zero() && seen.duration >= chosen.slow) l = raised(l);
  if (chosen.level) guarded([&] { l = chosen.level(seen, l); });
  return l;
}

// The fields in the order they are added, those of the schema's object as its members in the first one's place.
class schema_fields {
 public:
  schema_fields(const access_keys& keys, arena& memory)
      : keys_(keys), memory_(memory), fields_(&memory), members_(&memory) {
    fields_.reserve(32);
  }

  void add(std::string_view key, value v) {
    if (key.empty()) return;
    if (keys_.object.empty() || !key.starts_with(keys_.object) || key[keys_.object.size()] != '.')
      return push({key, v});
    if (members_.empty()) push({keys_.object, value()});
    members_.push_back({key.substr(keys_.object.size() + 1), v});
  }
  void text(std::string_view key, std::string_view v) {
    if (!v.empty()) add(key, value(v));
  }
  void number(std::string_view key, std::optional<std::uint64_t> v) {
    if (v) add(key, ctxlog::detail::make_value(*v, memory_));
  }

  // Keys that are not of the schema: of any lifetime, and perhaps there already.
  void add_foreign(const field& f) {
    constant_ = false;
    push(f);
  }

  ctxlog::detail::field_run finish() {
    for (field& f : fields_)
      if (!members_.empty() && f.key == keys_.object) f.value = value(std::span<const field>(members_));
    return {fields_.data(), fields_.size(), bits_, 0, constant_};
  }

 private:
  void push(const field& f) {
    bits_ |= ctxlog::detail::key_bit(f.key);
    fields_.push_back(f);
  }

  const access_keys& keys_;
  arena& memory_;
  std::pmr::vector<field> fields_, members_;
  std::uint64_t bits_ = 0;
  bool constant_ = true;
};

value duration_value(duration_unit unit, std::chrono::nanoseconds duration, arena& memory) {
  using std::chrono::duration_cast;
  switch (unit) {
    case duration_unit::milliseconds:
      return value(static_cast<double>(duration_cast<std::chrono::microseconds>(duration).count()) / 1000);
    case duration_unit::nanoseconds:
      return value(std::int64_t{duration.count()});
    case duration_unit::seconds_text:
      break;
  }
  const auto seconds = static_cast<double>(duration.count()) / 1e9;
  return value(ctxlog::detail::copy(memory, fmt::format("{:.6f}s", seconds)));
}

std::string_view url_of(const recorded_request& request, arena& memory) {
  std::string url;
  if (!request.server_address.empty()) {
    const bool v6 = request.server_address.find(':') != std::string_view::npos;
    url = fmt::format("{}://{}{}{}", request.scheme, v6 ? "[" : "", request.server_address, v6 ? "]" : "");
    if (request.server_port != 0) url += fmt::format(":{}", request.server_port);
  }
  url += request.path;
  if (!request.query.empty()) url.append("?").append(request.query);
  return ctxlog::detail::copy(memory, url);
}

// The type of the exception, else the status of a failure.
std::string_view error_type(const value& error, int status, arena& memory) {
  if (error.kind() == value_kind::object && !error.object().empty() && error.object().front().key == "type")
    return error.object().front().value.string();
  return status >= 500 ? ctxlog::detail::copy(memory, std::to_string(status)) : std::string_view();
}

ctxlog::detail::field_run fields_of(const access_options& chosen, const finished_request& done,
                                    arena& memory) {
  const access_keys& keys = chosen.keys;
  const recorded_request& request = done.request;
  const response_view& response = done.response;
  const value error = done.error ? ctxlog::detail::make_value(done.error, memory) : value();

  schema_fields out(keys, memory);
  out.text(keys.method, request.method);
  out.text(keys.method_original, request.method_original);
  if (!keys.url.empty()) out.text(keys.url, url_of(request, memory));
  out.text(keys.path, request.path);
  out.text(keys.query, request.query);
  out.text(keys.scheme, request.scheme);
  out.text(keys.route, done.route);
  if (response.status != 0) out.add(keys.status, value(std::int64_t{response.status}));
  out.text(keys.error_type, error_type(error, response.status, memory));
  out.add("outcome", value(name_of(response.outcome)));
  out.add(keys.duration, duration_value(keys.unit, done.duration, memory));
  out.text(keys.client_address, request.client_address);
  out.text(keys.peer_address, request.peer_address);
  if (request.peer_port != 0) out.number(keys.peer_port, request.peer_port);
  out.text(keys.protocol_version, request.protocol_version);
  if (!keys.protocol.empty() && !request.protocol_version.empty())
    out.text(keys.protocol, ctxlog::detail::copy(memory, fmt::format("HTTP/{}", request.protocol_version)));
  out.text(keys.server_address, request.server_address);
  if (request.server_port != 0) out.number(keys.server_port, request.server_port);
  out.text(keys.user_agent, request.user_agent);
  out.number(keys.request_size, request.body_size);
  out.number(keys.response_size, response.body_size);
  for (const field& header : request.headers) out.add_foreign(header);
  if (request.parent_span_id) out.text("parent_span_id", request.parent_span_id->text());
  out.text("client.request_id", request.client_request_id);
  out.text("client.trace_id", request.client_trace_id);
  out.text("request_id.rejected", request.id_fault);
  if (!request.id_fault.empty()) out.number("request_id.rejected_size", request.faulty_id_size);
  if (done.error) out.add("error", error);
  if (done.extra)
    for (const field& f : done.extra->run().fields()) out.add_foreign(f);
  return out.finish();
}

const logger& access_logger() {
  static const logger instance("http.access");
  return instance;
}

constexpr call_site answered{"{} {} -> {}", {__FILE__, __LINE__, "access_record"}, message_syntax::literal};
constexpr call_site unanswered{"{} {}: {}", {__FILE__, __LINE__, "access_record"}, message_syntax::literal};

void log_access(const access_options& chosen, level l, const finished_request& done) {
  const recorded_request& request = done.request;
  const response_view& response = done.response;
  const bool has_status = response.status != 0;
  ctxlog::detail::capture captured(access_logger(), l, has_status ? answered : unanswered);
  if (!captured) return;
  const auto fields = fields_of(chosen, done, captured.memory());
  const value last = has_status ? value(std::int64_t{response.status}) : value(name_of(response.outcome));
  const std::array<argument, 3> arguments{argument{value(request.method), nullptr, nullptr},
                                          argument{value(request.path), nullptr, nullptr},
                                          argument{last, nullptr, nullptr}};
  captured.deliver(arguments, fields);
}

}  // namespace

std::string_view kept_text(arena& memory, std::string_view text, std::size_t max) {
  const std::string_view kept = ctxlog::detail::truncate_utf8(text, max);
  if (kept.size() == text.size()) return ctxlog::detail::copy(memory, text);
  return ctxlog::detail::copy(memory, fmt::format("{}\u2026(+{} bytes)", kept, text.size() - kept.size()));
}

std::string redact_query(std::string_view query, const std::vector<std::string>& keys) {
  std::string redacted;
  while (true) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view part = query.substr(0, end);
    const std::size_t equals = part.find('=');
    if (equals != std::string_view::npos &&
        std::find(keys.begin(), keys.end(), part.substr(0, equals)) != keys.end())
      redacted.append(part.substr(0, equals + 1)).append("REDACTED");
    else
      redacted += part;
    if (end == query.size()) return redacted;
    redacted += '&';
    query.remove_prefix(end + 1);
  }
}

recorded_request::recorded_request(const request_view& request, const options& chosen) {
  const bool known =
      std::find(known_methods.begin(), known_methods.end(), request.method) != known_methods.end();
  method = known ? kept_text(memory, request.method, max_method) : "_OTHER";
  if (!known) method_original = kept_text(memory, request.method, max_method);
  path = kept_text(memory, request.path, max_path);
  if (chosen.access.query)
    query = kept_text(memory, redact_query(request.query, chosen.access.redacted_query_keys), max_query);
  scheme = kept_text(memory, request.scheme, max_method);
  protocol_version = kept_text(memory, request.protocol_version, max_method);
  peer_address = kept_text(memory, request.peer_address, max_address);
  peer_port = request.peer_port;
  read_host(request);
  read_headers(request, chosen.access);
}

void recorded_request::read_host(const request_view& request) {
  std::array<std::byte, 256> stack;
  arena lines_memory(stack.data(), stack.size());
  header_lines lines(&lines_memory);
  request.headers.find("Host", lines);
  if (lines.size() != 1) return;
  std::string_view host = lines.front();
  const std::size_t bracket = host.find(']');
  const std::size_t colon = host.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon != std::string_view::npos) {
    if (const auto port = number_of<std::uint16_t>(host.substr(colon + 1))) server_port = *port;
    host = host.substr(0, colon);
  }
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  server_address = kept_text(memory, host, max_address);
}

void recorded_request::read_headers(const request_view& request, const access_options& chosen) {
  std::array<std::byte, 1024> stack;
  arena lines_memory(stack.data(), stack.size());
  header_lines lines(&lines_memory);
  request.headers.find("User-Agent", lines);
  if (!lines.empty()) user_agent = kept_text(memory, lines.front(), max_user_agent);
  lines.clear();
  request.headers.find("Content-Length", lines);
  if (lines.size() == 1) body_size = number_of<std::uint64_t>(lines.front());

  for (const std::string& name : chosen.request_headers) {
    lines.clear();
    request.headers.find(name, lines);
    if (lines.empty()) continue;
    const std::string lower = ctxlog::detail::lowered(name);
    const bool secret =
        std::find(credential_headers.begin(), credential_headers.end(), lower) != credential_headers.end();
    std::pmr::vector<value> shown(&memory);
    for (const std::string_view line : lines)
      shown.emplace_back(secret ? std::string_view("REDACTED") : kept_text(memory, line, max_header));
    const std::span<const value> kept(shown);
    // The vector's memory is the arena's and stays.
    headers.push_back({ctxlog::detail::copy(memory, "http.request.header." + lower), value(kept)});
  }
}

void write_access_record(const access_options& chosen, const finished_request& done) {
  const recorded_request& request = done.request;
  const response_view& response = done.response;
  const access_view seen{.method = request.method,
                         .path = request.path,
                         .route = done.route,
                         .status = response.status,
                         .outcome = response.outcome,
                         .duration = done.duration,
                         .failed = done.error != nullptr};
  const level l = level_of(chosen, seen);
  if (l == level::off || !access_logger().enabled(l)) return;
  if (!chosen.enrich) return log_access(chosen, l, done);
  field_set added;
  if (done.extra) added.add(*done.extra);
  guarded([&] { chosen.enrich(seen, added); });
  finished_request enriched = done;
  enriched.extra = &added;
  log_access(chosen, l, enriched);
}

}  // namespace ctxlog::http::detail
