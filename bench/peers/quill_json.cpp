// quill as it comes: its JsonFileSink and its default queue. The sink does not see the MDC, hence the context is
// passed with every call.
// SPDX-License-Identifier: MIT
#include "quill.hpp"

namespace {

thread_local const bench::request* current;

class quill_json {
 public:
  static constexpr bool sync = false, async = true;

  explicit quill_json(const bench::options& o) {
    bench::start_quill();
    log_ = bench::make_quill_logger<quill::Frontend, quill::JsonFileSink>(o, "");
  }

  int enter(const bench::request& r) {
    current = &r;
    return 0;
  }

  void log(const bench::order& o) {
    LOG_INFO(log_,
             "order processed: id={id} status={status} {request_id} {trace_id} {user_id} {customer} {qty} "
             "{price} {gift} {note} {sku}",
             o.id, o.status, current->request_id, current->trace_id, current->user_id, o.customer, o.quantity,
             o.price, o.gift, o.note, o.sku);
  }
  void log(const bench::ping& p) {
    LOG_INFO(log_, "cache hit {request_id} {trace_id} {user_id} {key} {hits}", current->request_id,
             current->trace_id, current->user_id, p.key, p.hits);
  }
  void log(const bench::measurement& m) {
    LOG_INFO(
        log_,
        "measurement stored {request_id} {trace_id} {user_id} {device} {site} {region} {unit} {firmware} "
        "{operator} {temperature} {humidity} {pressure} {latitude} {longitude} {voltage} {sequence} "
        "{offset} {drift} {retries} {serial} {checksum} {online} {calibrated}",
        current->request_id, current->trace_id, current->user_id, m.device, m.site, m.region, m.unit,
        m.firmware, m.operator_name, m.temperature, m.humidity, m.pressure, m.latitude, m.longitude,
        m.voltage, m.sequence, m.offset, m.drift, m.retries, m.serial, m.checksum, m.online, m.calibrated);
  }
  void log(const bench::report& r) {
    LOG_INFO(log_, "{text} {request_id} {trace_id} {user_id}", r.text, current->request_id, current->trace_id,
             current->user_id);
  }
  void log_disabled(const bench::order& o) {
    LOG_DEBUG(log_, "order processed: id={id} status={status} {customer}", o.id, o.status, o.customer);
  }

  void finish() {
    log_->flush_log(0);
    quill::Backend::stop();
  }

 private:
  quill::Logger* log_ = nullptr;
};

}  // namespace

int main(int argc, char** argv) { return bench::main<quill_json>(argc, argv); }
