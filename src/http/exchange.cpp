// Opening the context of a request, and ending it once.
// SPDX-License-Identifier: MIT
#include "ctxlog/http/exchange.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "ctxlog/ambient.hpp"
#include "ctxlog/http/b3.hpp"
#include "http/access_record.hpp"
#include "http/callback.hpp"
#include "http/hexadecimal.hpp"
#include "http/request_state.hpp"
#include "pipeline_delivery.hpp"
#include "text/ascii.hpp"

namespace ctxlog::http {
namespace detail {

constinit context_var<request_state> current_request{"http request"};

namespace {

struct counters {
  std::atomic<std::uint64_t> requests{0}, aborted{0}, faulty_ids{0}, faulty_traces{0};
};
constinit counters counted;

void count(std::atomic<std::uint64_t>& counter) noexcept { counter.fetch_add(1, std::memory_order_relaxed); }

// Working memory for the lines of one header.
class line_buffer {
 public:
  std::span<const std::string_view> find(const header_source& headers, std::string_view name) {
    lines_.clear();
    headers.find(name, lines_);
    return lines_;
  }
  /// The line, unless there are none or several.
  std::optional<std::string_view> find_one(const header_source& headers, std::string_view name) {
    const auto lines = find(headers, name);
    return lines.size() == 1 ? std::optional(lines.front()) : std::nullopt;
  }

 private:
  std::array<std::byte, 512> stack_;
  arena memory_{stack_.data(), stack_.size()};
  header_lines lines_{&memory_};
};

// Reads what a request says of itself and decides what of it to believe.
class reader {
 public:
  reader(const request_view& request, const options& chosen, recorded_request& recorded)
      : request_(request),
        options_(chosen),
        recorded_(recorded),
        peer_(ip_address::parse(request.peer_address)) {}

  /// False when the request is to be refused.
  bool read_id(correlation& ids) {
    const request_id_options& chosen = options_.request_id;
    ids.id_header = chosen.headers.front();
    for (const std::string& header : chosen.headers) {
      const auto lines = lines_.find(request_.headers, header);
      if (lines.empty()) continue;
      ids.id_header = header;
      return take_id(ids, lines, is_amazon_header(header));
    }
    ids.request_id = generated_id();
    return true;
  }

  void read_trace(correlation& ids) {
    const auto caller = caller_trace();
    if (caller && options_.trace.trust(request_, peer_)) {
      ids.trace = caller->child();
      ids.parent_span_id = recorded_.parent_span_id = caller->span_id;
      if (!from_b3_) ids.trace_state = trace_state::parse(lines_.find(request_.headers, "tracestate"));
    } else if (caller) {
      recorded_.client_trace_id = ctxlog::detail::copy(recorded_.memory, caller->trace_id.text());
    }
  }

  void read_baggage(correlation& ids) {
    if (options_.baggage.trust(request_, peer_))
      ids.baggage = baggage::parse(lines_.find(request_.headers, "baggage"));
  }

  void read_client() {
    auto client = options_.forwarded.client_of(request_, peer_);
    constexpr unsigned shown_v4 = 24, shown_v6 = 48;
    if (client && options_.access.mask_client) {
      client = client->masked(client->is_v4() ? shown_v4 : shown_v6);
      recorded_.peer_address = {};
    }
    recorded_.client_address =
        client == peer_ ? recorded_.peer_address : ctxlog::detail::copy(recorded_.memory, client->text());
  }

 private:
  static bool is_amazon_header(std::string_view name) {
    return ctxlog::detail::equal_ignoring_case(name, "X-Amzn-Trace-Id");
  }

  bool take_id(correlation& ids, std::span<const std::string_view> lines, bool amazon) {
    const std::string_view received = amazon ? amazon_trace_root(lines.front()) : lines.front();
    const auto fault = lines.size() > 1 ? std::optional(id_fault::repeated) : fault_of(received);
    const bool trusted = options_.request_id.trust(request_, peer_);
    if (fault) {
      count(counted.faulty_ids);
      recorded_.id_fault = id_fault_name(*fault);
      recorded_.faulty_id_size = received.size();
      if (trusted && options_.request_id.on_fault == id_policy::sanitize && lines.size() == 1) {
        ids.request_id = sanitize_request_id(received);
        return true;
      }
    } else if (trusted) {
      ids.request_id = received;
      return true;
    } else {
      recorded_.client_request_id = ctxlog::detail::copy(recorded_.memory, received);
    }
    ids.request_id = generated_id();
    return !fault || options_.request_id.on_fault != id_policy::reject;
  }

  std::string generated_id() const {
    std::string made;
    if (guarded([&] { made = options_.request_id.generate(); }) && is_valid_request_id(made)) return made;
    return new_request_id();
  }

  std::optional<trace_parent> caller_trace() {
    const auto lines = lines_.find(request_.headers, "traceparent");
    if (!lines.empty()) {
      if (lines.size() == 1)
        if (const auto parsed = trace_parent::parse(lines.front())) return parsed;
      count(counted.faulty_traces);
    }
    if (!options_.trace.b3) return std::nullopt;
    from_b3_ = true;
    const auto one = [&](std::string_view name) { return lines_.find_one(request_.headers, name); };
    return parse_b3({.b3 = one("b3"),
                     .trace_id = one("X-B3-TraceId"),
                     .span_id = one("X-B3-SpanId"),
                     .sampled = one("X-B3-Sampled"),
                     .flags = one("X-B3-Flags")});
  }

  const request_view& request_;
  const options& options_;
  recorded_request& recorded_;
  const std::optional<ip_address> peer_;
  line_buffer lines_;
  bool from_b3_ = false;
};

// What every record of the request carries.
void add_ids(field_set& fields, const correlation& ids, const baggage_options& chosen) {
  std::array<char, 2> flags;
  write_hexadecimal(flags.data(), ids.trace.flags, 1);
  fields.set("request_id", ids.request_id);
  fields.set("trace_id", ids.trace.trace_id.text());
  fields.set("span_id", ids.trace.span_id.text());
  fields.set("trace_flags", std::string_view(flags.data(), flags.size()));
  for (const std::string& key : chosen.fields)
    if (const std::string* const found = ids.baggage.find(key)) fields.set("baggage." + key, *found);
}

}  // namespace
}  // namespace detail

std::shared_ptr<exchange> exchange::begin(const request_view& request, std::shared_ptr<const options> chosen,
                                          const ctxlog::context& base) {
  auto made = std::make_shared<exchange>(private_key(), request, std::move(chosen));
  made->open(request, base);
  detail::count(detail::counted.requests);
  return made;
}

exchange::exchange(private_key, const request_view& request, std::shared_ptr<const options> chosen)
    : options_(std::move(chosen)), request_(std::make_unique<detail::recorded_request>(request, *options_)) {}

exchange::~exchange() {
  // Without a context begin() has failed, and there is no exchange.
  if (ids_) finish({.outcome = outcome::aborted});
}

void exchange::open(const request_view& request, const ctxlog::context& base) {
  detail::request_state state{.ids = {}, .current = weak_from_this()};
  detail::reader reader(request, *options_, *request_);
  rejected_ = !reader.read_id(state.ids);
  reader.read_trace(state.ids);
  reader.read_baggage(state.ids);
  reader.read_client();

  base.run([&] {
    auto fields = ctxlog::detail::inherit_ambient_fields();
    detail::add_ids(fields->value, state.ids, options_->baggage);
    const scope ambient(ctxlog::detail::ambient_slot, fields.release());
    const scope bound = detail::current_request.bind(std::move(state));
    context_ = context::current();
  });
  ids_ = &detail::current_request.find(context_)->ids;
}

std::shared_ptr<exchange> exchange::current() noexcept {
  const detail::request_state* const found = detail::current_request.find();
  return found ? found->current.lock() : nullptr;
}

request_scope::request_scope(const exchange& entered)
    : ambient_fields_(ctxlog::detail::ambient_slot,
                      ctxlog::detail::share(
                          ctxlog::detail::slot(entered.context().node(), ctxlog::detail::ambient_slot))),
      request_(detail::current_request.bind_pinned(
          entered.context().run([] { return detail::current_request.pin(); }))) {}

const correlation* current_correlation() noexcept {
  const detail::request_state* const found = detail::current_request.find();
  return found ? &found->ids : nullptr;
}

void exchange::set_route(std::string_view route) {
  const std::lock_guard lock(mutex_);
  route_ = route;
}

void exchange::set_error(std::exception_ptr error) {
  const std::lock_guard lock(mutex_);
  error_ = std::move(error);
}

bool exchange::finish(const response_view& response) noexcept {
  if (finished_.exchange(true, std::memory_order_acq_rel)) return false;
  if (response.outcome == outcome::aborted) detail::count(detail::counted.aborted);
  context_.run([&] { write_access_record(response); });
  return true;
}

void exchange::write_access_record(const response_view& response) noexcept {
  const std::lock_guard lock(mutex_);
  try {
    detail::write_access_record(options_->access, {.request = *request_,
                                                   .response = response,
                                                   .duration = std::chrono::steady_clock::now() - start_,
                                                   .route = route_,
                                                   .error = error_,
                                                   .extra = extra_.get()});
  } catch (...) {  // out of memory
    ctxlog::detail::count_undelivered();
  }
}

http_statistics stats() noexcept {
  const auto value = [](const std::atomic<std::uint64_t>& counter) {
    return counter.load(std::memory_order_relaxed);
  };
  return {.requests = value(detail::counted.requests),
          .aborted = value(detail::counted.aborted),
          .faulty_ids = value(detail::counted.faulty_ids),
          .faulty_traces = value(detail::counted.faulty_traces)};
}

}  // namespace ctxlog::http
