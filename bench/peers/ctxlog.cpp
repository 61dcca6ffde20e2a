// ctxlog: JSON to a file that gathers lines, three context variables, fields known at compile time. The members are those
// that all peers write, or all that ctxlog's lines have by default.
// SPDX-License-Identifier: MIT
#include "ctxlog/ctxlog.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ctxlog/sinks/file.hpp"
#include "driver.hpp"

namespace {

using namespace ctxlog::literals;

constinit ctxlog::context_var<std::string> request_id{"request_id"};
constinit ctxlog::context_var<std::string> trace_id{"trace_id"};
constinit ctxlog::context_var<std::string> user_id{"user_id"};

template <std::size_t N>
constinit ctxlog::context_var<std::string> variable{bench::variable_name<N>};

template <std::size_t... N>
ctxlog::patcher other_variables(std::index_sequence<N...>) {
  return ctxlog::context_variables(variable<N>...);
}

// What puts the variables on the lines that the program of this shape has.
std::vector<ctxlog::patcher> patchers_for(const bench::options& o) {
  if (o.shape.starts_with("unwritten_")) return {};
  if (o.shape.starts_with("context_")) return {other_variables(std::make_index_sequence<32>())};
  return {ctxlog::context_variables(request_id, trace_id, user_id)};
}

class ctxlog_peer {
 public:
  static constexpr bool sync = true, async = true;

  explicit ctxlog_peer(const bench::options& o) {
#ifdef CTXLOG_BENCH_ALL_MEMBERS
    const auto encoder = ctxlog::json_encoder();
#else
    const auto encoder = ctxlog::json_encoder({.function = false, .message_template = false});
#endif
    const auto file =
        std::make_shared<ctxlog::file_sink>(o.output, ctxlog::fd_options{.buffer_size = 64 * 1024});
    ctxlog::configure(
        {.mode = ctxlog::mode::prod, .patchers = patchers_for(o), .sinks = {{{file, {.encoder = encoder}}}}});
    if (o.async) ctxlog::configure({.pipeline = ctxlog::async_pipeline{.queue_bytes = 1024 * 1024}});
  }

  struct nothing {};
  ctxlog::scope enter(const bench::request& r) {
    return ctxlog::bind(request_id.to(r.request_id), trace_id.to(r.trace_id), user_id.to(r.user_id));
  }
  template <std::size_t Count>
  auto enter(const bench::variables<Count>& v) {
    if constexpr (Count == 0)
      return nothing();
    else
      return [&]<std::size_t... N>(std::index_sequence<N...>) {
        return ctxlog::bind(variable<N>.to(v.values[N])...);
      }
    (std::make_index_sequence<Count>());
  }

  void log(const bench::order& o) {
    orders_.info("order processed: id={} status={}", o.id, o.status, "customer"_kv = o.customer,
                 "qty"_kv = o.quantity, "price"_kv = o.price, "gift"_kv = o.gift, "note"_kv = o.note,
                 "sku"_kv = o.sku);
  }
  void log(const bench::ping& p) { orders_.info("cache hit", "key"_kv = p.key, "hits"_kv = p.hits); }
  void log(const bench::measurement& m) {
    orders_.info("measurement stored", "device"_kv = m.device, "site"_kv = m.site, "region"_kv = m.region,
                 "unit"_kv = m.unit, "firmware"_kv = m.firmware, "operator"_kv = m.operator_name,
                 "temperature"_kv = m.temperature, "humidity"_kv = m.humidity, "pressure"_kv = m.pressure,
                 "latitude"_kv = m.latitude, "longitude"_kv = m.longitude, "voltage"_kv = m.voltage,
                 "sequence"_kv = m.sequence, "offset"_kv = m.offset, "drift"_kv = m.drift,
                 "retries"_kv = m.retries, "serial"_kv = m.serial, "checksum"_kv = m.checksum,
                 "online"_kv = m.online, "calibrated"_kv = m.calibrated);
  }
  void log(const bench::report& r) { orders_.info("{}", r.text); }
  template <std::size_t Size>
  void log(const bench::numbers<Size>& n) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      orders_.info("numbers", ctxlog::kv(bench::number_keys<Size>[I], n.values[I])...);
    }
    (std::make_index_sequence<Size>());
  }
  void log_disabled(const bench::order& o) {
    orders_.debug("order processed: id={} status={}", o.id, o.status, "customer"_kv = o.customer);
  }

  void finish() { ctxlog::shutdown(); }

 private:
  const ctxlog::logger orders_{"orders"};
};

}  // namespace

int main(int argc, char** argv) { return bench::main<ctxlog_peer>(argc, argv); }
