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
using ctxlog::detail::plain_holes;

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

// Fields in the order they are added, those of the schema's object as its members in the first one's place.
class schema_fields {
 public:
  schema_fields(std::string_view object, std::size_t room, arena& memory)
      : object_(object), fields_(&memory), members_(&memory) {
    fields_.reserve(room);
  }

  // Without those that have no key in this schema or are not known.
  void add(std::span<const field> of_schema) {
    for (const field& f : of_schema)
      if (!f.key.empty() && f.value.kind() != value_kind::null) add(f);
  }

  // Keys that are not of the schema: of any lifetime, and perhaps there already.
  void add_foreign(std::span<const field> others) {
    constant_ = constant_ && others.empty();
    for (const field& f : others) push(f);
  }

  ctxlog::detail::field_run finish() {
    if (!members_.empty())
      for (field& f : fields_)
        if (f.key == object_) f.value = value(std::span<const field>(members_));
    return {fields_.data(), fields_.size(), bits_, 0, 0, constant_};
  }

 private:
  void add(const field& f) {
    if (object_.empty() || !is_member(f.key)) return push(f);
    if (members_.empty()) push({object_, value()});
    members_.push_back({f.key.substr(object_.size() + 1), f.value});
  }
  bool is_member(std::string_view key) const {
    return key.size() > object_.size() && key.starts_with(object_) && key[object_.size()] == '.';
  }
  void push(const field& f) {
    bits_ |= ctxlog::detail::key_bit(f.key);
    fields_.push_back(f);
  }

  const std::string_view object_;
  std::pmr::vector<field> fields_, members_;
  std::uint64_t bits_ = 0;
  bool constant_ = true;
};

// Null for what is not known.
value text(std::string_view v) { return v.empty() ? value() : value(v); }
value number(std::optional<std::uint64_t> v) { return v ? value(*v) : value(); }
value positive(std::uint64_t v) { return v != 0 ? value(v) : value(); }

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

std::string_view protocol_of(const recorded_request& request, arena& memory) {
  if (request.protocol_version.empty()) return {};
  return ctxlog::detail::copy(memory, fmt::format("HTTP/{}", request.protocol_version));
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
  const auto extra = done.extra ? done.extra->run().fields() : std::span<const field>();

  const std::array exchanged{
      field{keys.method, text(request.method)},
      field{keys.method_original, text(request.method_original)},
      field{keys.url, keys.url.empty() ? value() : text(url_of(request, memory))},
      field{keys.path, text(request.path)},
      field{keys.query, text(request.query)},
      field{keys.scheme, text(request.scheme)},
      field{keys.route, text(request.route)},
      field{keys.status, response.status != 0 ? value(std::int64_t{response.status}) : value()},
      field{keys.error_type, text(error_type(error, response.status, memory))},
      field{"outcome", value(name_of(response.outcome))},
      field{keys.duration, duration_value(keys.unit, done.duration, memory)},
      field{keys.client_address, text(request.client_address)},
      field{keys.peer_address, text(request.peer_address)},
      field{keys.peer_port, positive(request.peer_port)},
      field{keys.protocol_version, text(request.protocol_version)},
      field{keys.protocol, keys.protocol.empty() ? value() : text(protocol_of(request, memory))},
      field{keys.server_address, text(request.server_address)},
      field{keys.server_port, positive(request.server_port)},
      field{keys.user_agent, text(request.user_agent)},
      field{keys.request_size, number(request.body_size)},
      field{keys.response_size, number(response.body_size)}};
  const std::array told{
      field{"parent_span_id", request.parent_span_id ? text(request.parent_span_id->text()) : value()},
      field{"client.request_id", text(request.client_request_id)},
      field{"client.trace_id", text(request.client_trace_id)},
      field{"request_id.rejected", text(request.id_fault)},
      field{"request_id.rejected_size",
            request.id_fault.empty() ? value() : value(std::uint64_t{request.faulty_id_size})},
      field{"error", error}};

  schema_fields out(keys.object, exchanged.size() + request.headers.size() + told.size() + extra.size(),
                    memory);
  out.add(exchanged);
  out.add_foreign(request.headers);
  out.add(told);
  out.add_foreign(extra);
  return out.finish();
}

const logger& access_logger() {
  static const logger instance("http.access");
  return instance;
}

constexpr call_site message_of(std::string_view text, int line) {
  return {text, {__FILE__, line, "access_record"}, message_syntax::literal, plain_holes(text)};
}
constexpr call_site answered = message_of("{} {} -> {}", __LINE__);
constexpr call_site unanswered = message_of("{} {}: {}", __LINE__);

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

std::string_view shortened(arena& memory, std::string_view text, std::size_t max) {
  if (text.size() <= max) return text;
  const std::string_view kept = ctxlog::detail::truncate_utf8(text, max);
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

recorded_request::recorded_request(const request_view& request, header_reader& all,
                                   const access_options& chosen) {
  const auto known = std::find(known_methods.begin(), known_methods.end(), request.method);
  if (known != known_methods.end()) {
    method = *known;
  } else {
    method = "_OTHER";
    method_original = shortened(memory, request.method, max_method);
  }
  path = shortened(memory, request.path, max_path);
  const std::string shown = chosen.query ? redact_query(request.query, chosen.redacted_query_keys) : "";
  query = shortened(memory, shown, max_query);
  scheme = shortened(memory, request.scheme, max_method);
  protocol_version = shortened(memory, request.protocol_version, max_method);
  peer_address = shortened(memory, request.peer_address, max_address);
  peer_port = request.peer_port;
  if (const auto host = all.line("Host")) read_host(*host);
  if (const auto agents = all.lines("User-Agent"); !agents.empty())
    user_agent = shortened(memory, agents.front(), max_user_agent);
  if (const auto size = all.line("Content-Length")) body_size = number_of<std::uint64_t>(*size);
  own({&method_original, &path, &query, &scheme, &protocol_version, &peer_address, &server_address,
       &user_agent});
  keep_headers(all, chosen);
}

// One piece of memory for all.
void recorded_request::own(std::initializer_list<std::string_view*> texts) {
  std::size_t size = 0;
  for (const std::string_view* text : texts) size += text->size();
  char* next = ctxlog::detail::allocate<char>(memory, size);
  for (std::string_view* text : texts) {
    char* const end = std::copy(text->begin(), text->end(), next);
    *text = {next, text->size()};
    next = end;
  }
}

void recorded_request::read_host(std::string_view host) {
  const std::size_t bracket = host.find(']');
  const std::size_t colon = host.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon != std::string_view::npos) {
    if (const auto port = number_of<std::uint16_t>(host.substr(colon + 1))) server_port = *port;
    host = host.substr(0, colon);
  }
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  server_address = shortened(memory, host, max_address);
}

void recorded_request::keep_headers(header_reader& all, const access_options& chosen) {
  for (const std::string& name : chosen.request_headers) {
    const auto lines = all.lines(name);
    if (lines.empty()) continue;
    const std::string lower = ctxlog::detail::lowered(name);
    const bool secret =
        std::find(credential_headers.begin(), credential_headers.end(), lower) != credential_headers.end();
    std::pmr::vector<value> shown(&memory);
    for (const std::string_view line : lines)
      shown.emplace_back(secret ? "REDACTED"
                                : ctxlog::detail::copy(memory, shortened(memory, line, max_header)));
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
                         .route = request.route,
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
