// Opening the context of a request, and ending it once.
// SPDX-License-Identifier: MIT
#include "ctxlog/http/exchange.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "ctxlog/http/b3.hpp"
#include "http/access_record.hpp"
#include "http/callback.hpp"
#include "http/header_reader.hpp"
#include "http/hexadecimal.hpp"
#include "http/request_cell.hpp"
#include "pipeline_delivery.hpp"
#include "text/ascii.hpp"
#include "trace_fields.hpp"

namespace ctxlog::http {
namespace detail {

constinit request_variable current_request;

namespace {

struct counters {
  std::atomic<std::uint64_t> requests{0}, aborted{0}, faulty_ids{0}, faulty_traces{0};
};
constinit counters counted;

void count(std::atomic<std::uint64_t>& counter) noexcept { counter.fetch_add(1, std::memory_order_relaxed); }

// Reads what a request says of itself and decides what of it to believe.
class reader {
 public:
  reader(const request_view& request, header_reader& headers, const options& chosen,
         recorded_request& recorded)
      : request_(request), headers_(headers), options_(chosen), recorded_(recorded) {}

  correlation read_ids() {
    const auto caller = trusted_caller();
    correlation ids{.trace = caller ? caller->child() : trace_parent::start()};
    read_id(ids);
    if (caller) {
      ids.parent_span_id = recorded_.parent_span_id = caller->span_id;
      if (!from_b3_) ids.trace_state = trace_state::parse(headers_.lines("tracestate"));
    }
    if (trusts(options_.baggage.trust)) ids.baggage = baggage::parse(headers_.lines("baggage"));
    return ids;
  }

  // Whether the id that was read is one to refuse the request for.
  bool rejects() const { return rejects_; }

  void read_client() {
    recorded_.client_address = recorded_.peer_address;
    if (options_.forwarded.is_none() && !options_.access.mask_client) return;
    auto client = options_.forwarded.client_of(request_, peer());
    constexpr unsigned shown_v4 = 24, shown_v6 = 48;
    if (client && options_.access.mask_client) {
      client = client->masked(client->is_v4() ? shown_v4 : shown_v6);
      recorded_.peer_address = {};
    }
    if (client != peer()) recorded_.client_address = ctxlog::detail::copy(recorded_.memory, client->text());
  }

 private:
  static bool is_amazon_header(std::string_view name) {
    return ctxlog::detail::equal_ignoring_case(name, "X-Amzn-Trace-Id");
  }

  bool trusts(const trust& policy) {
    return policy.is_all() || (!policy.is_none() && policy(request_, peer()));
  }

  // Mostly nobody asks.
  const std::optional<ip_address>& peer() {
    if (!peer_) peer_.emplace(ip_address::parse(request_.peer_address));
    return *peer_;
  }

  void read_id(correlation& ids) {
    const request_id_options& chosen = options_.request_id;
    for (const std::string& header : chosen.headers) {
      const auto lines = headers_.lines(header);
      if (lines.empty()) continue;
      ids.id_header = header;
      return take_id(ids, lines, is_amazon_header(header));
    }
    ids.id_header = chosen.headers.front();
    ids.request_id = generated_id();
  }

  void take_id(correlation& ids, std::span<const std::string_view> lines, bool amazon) {
    const std::string_view received = amazon ? amazon_trace_root(lines.front()) : lines.front();
    const auto fault = lines.size() > 1 ? std::optional(id_fault::repeated) : fault_of(received);
    const bool trusted = trusts(options_.request_id.trust);
    if (fault) {
      count(counted.faulty_ids);
      recorded_.id_fault = id_fault_name(*fault);
      recorded_.faulty_id_size = received.size();
      if (trusted && options_.request_id.on_fault == id_policy::sanitize && lines.size() == 1) {
        ids.request_id = sanitize_request_id(received);
        return;
      }
    } else if (trusted) {
      ids.request_id = received;
      return;
    } else {
      recorded_.client_request_id = ctxlog::detail::copy(recorded_.memory, received);
    }
    ids.request_id = generated_id();
    rejects_ = fault && options_.request_id.on_fault == id_policy::reject;
  }

  std::string generated_id() const {
    std::string made;
    if (guarded([&] { made = options_.request_id.generate(); }) && is_valid_request_id(made)) return made;
    return new_request_id();
  }

  std::optional<trace_parent> trusted_caller() {
    const auto caller = caller_trace();
    if (!caller || trusts(options_.trace.trust)) return caller;
    recorded_.client_trace_id = ctxlog::detail::copy(recorded_.memory, caller->trace_id.text());
    return std::nullopt;
  }

  std::optional<trace_parent> caller_trace() {
    const auto lines = headers_.lines("traceparent");
    if (!lines.empty()) {
      if (lines.size() == 1)
        if (const auto parsed = trace_parent::parse(lines.front())) return parsed;
      count(counted.faulty_traces);
    }
    if (!options_.trace.b3) return std::nullopt;
    from_b3_ = true;
    return parse_b3({.b3 = headers_.line("b3"),
                     .trace_id = headers_.line("X-B3-TraceId"),
                     .span_id = headers_.line("X-B3-SpanId"),
                     .sampled = headers_.line("X-B3-Sampled"),
                     .flags = headers_.line("X-B3-Flags")});
  }

  const request_view& request_;
  header_reader& headers_;
  const options& options_;
  recorded_request& recorded_;
  std::optional<std::optional<ip_address>> peer_;
  bool from_b3_ = false, rejects_ = false;
};

const request_cell* current_cell() noexcept { return current_request.find(ctxlog::detail::current_node()); }

// An exchange and what is recorded of its request, in one piece of memory.
struct recording_exchange final : exchange {
  recording_exchange(std::shared_ptr<const options> chosen, const request_view& request,
                     header_reader& headers, const access_options& access)
      : exchange(std::move(chosen), recorded), recorded(request, headers, access) {}
  ~recording_exchange() {
    // Without a context begin() has failed, and there is no exchange.
    if (context()) finish({.outcome = outcome::aborted});
  }

  recorded_request recorded;
};

}  // namespace

void request_cell::fill(const baggage_options& chosen, const context& base) {
  using namespace ctxlog::detail;
  if (const cell* const held = ctxlog::detail::slot(base.node(), ambient_slot))
    value.add(static_cast<const cell_of<field_set>*>(held)->value);
  write_hexadecimal(trace_flags_.data(), ids.trace.flags, 1);
  const std::string_view trace_flags(trace_flags_.data(), trace_flags_.size());
  value.add_lasting(std::array{field{"request_id", ctxlog::value(std::string_view(ids.request_id))},
                               field{trace_id_key, ctxlog::value(ids.trace.trace_id.text())},
                               field{span_id_key, ctxlog::value(ids.trace.span_id.text())},
                               field{trace_flags_key, ctxlog::value(trace_flags)}});
  for (const std::string& key : chosen.fields)
    if (const std::string* const found = ids.baggage.find(key)) value.set("baggage." + key, *found);
}

}  // namespace detail

std::shared_ptr<exchange> exchange::begin(const request_view& request, std::shared_ptr<const options> chosen,
                                          const ctxlog::context& base) {
  detail::header_reader headers(request.headers);
  const access_options& access = chosen->access;
  auto made = std::make_shared<detail::recording_exchange>(std::move(chosen), request, headers, access);
  made->open(request, headers, base);
  detail::count(detail::counted.requests);
  return made;
}

exchange::exchange(std::shared_ptr<const options> chosen, detail::recorded_request& recorded) noexcept
    : options_(std::move(chosen)), request_(recorded) {}

void exchange::open(const request_view& request, detail::header_reader& headers,
                    const ctxlog::context& base) {
  detail::reader reader(request, headers, *options_, request_);
  auto cell = std::make_unique<detail::request_cell>([&] { return reader.read_ids(); }, weak_from_this(),
                                                     options_->baggage, base);
  rejected_ = reader.rejects();
  reader.read_client();
  ids_ = &cell->ids;
  const ctxlog::detail::slot_value ambient{ctxlog::detail::ambient_slot, ctxlog::detail::share(cell.get())},
      bound{detail::current_request.slot(), cell.release()};
  context_ = context::adopt(ctxlog::detail::start_task(base.node(), std::array{ambient, bound}));
}

std::shared_ptr<exchange> exchange::current() noexcept {
  const detail::request_cell* const found = detail::current_cell();
  return found ? found->current.lock() : nullptr;
}

request_scope::request_scope(const exchange& entered)
    : ambient_fields_(ctxlog::detail::ambient_slot,
                      ctxlog::detail::share(
                          ctxlog::detail::slot(entered.context().node(), ctxlog::detail::ambient_slot))),
      request_(detail::current_request.slot(),
               ctxlog::detail::share(detail::current_request.find(entered.context().node())),
               detail::current_request.name()) {}

const correlation* current_correlation() noexcept {
  const detail::request_cell* const found = detail::current_cell();
  return found ? &found->ids : nullptr;
}

void exchange::set_route(std::string_view route) {
  const std::lock_guard lock(mutex_);
  request_.route = ctxlog::detail::copy(request_.memory, route);
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
  if (!response.route.empty()) request_.route = response.route;
  try {
    detail::write_access_record(options_->access, {.request = request_,
                                                   .response = response,
                                                   .duration = std::chrono::steady_clock::now() - start_,
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
