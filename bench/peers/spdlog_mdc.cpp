// spdlog with its MDC and a pattern that looks like JSON: nothing is escaped, the context is one string.
// SPDX-License-Identifier: MIT
#include "spdlog.hpp"

#ifndef SPDLOG_MDC_H  // 1.13 has no guard in it, and the formatter includes it
#include <spdlog/mdc.h>
#endif

namespace {

class spdlog_mdc {
 public:
  // The MDC is of the thread that formats: behind a queue it is empty.
  static constexpr bool sync = true, async = false;

  explicit spdlog_mdc(const bench::options& o) : log_(bench::make_spdlog_logger(o, R"("context":"%&",%v)")) {}

  struct request_scope {
    explicit request_scope(const bench::request& r) {
      spdlog::mdc::put("request_id", r.request_id);
      spdlog::mdc::put("trace_id", r.trace_id);
      spdlog::mdc::put("user_id", r.user_id);
    }
    request_scope(const request_scope&) = delete;
    request_scope& operator=(const request_scope&) = delete;
    ~request_scope() { spdlog::mdc::clear(); }
  };
  request_scope enter(const bench::request& r) { return request_scope(r); }

  void log(const bench::order& o) {
    SPDLOG_LOGGER_INFO(log_,
                       R"("message":"order processed: id={} status={}","customer":"{}","qty":{},"price":{},)"
                       R"("gift":{},"note":"{}","sku":{})",
                       o.id, o.status, o.customer, o.quantity, o.price, o.gift, o.note, o.sku);
  }
  void log(const bench::ping& p) {
    SPDLOG_LOGGER_INFO(log_, R"("message":"cache hit","key":"{}","hits":{})", p.key, p.hits);
  }
  void log(const bench::measurement& m) {
    SPDLOG_LOGGER_INFO(
        log_,
        R"("message":"measurement stored","device":"{}","site":"{}","region":"{}","unit":"{}",)"
        R"("firmware":"{}","operator":"{}","temperature":{},"humidity":{},"pressure":{},"latitude":{},)"
        R"("longitude":{},"voltage":{},"sequence":{},"offset":{},"drift":{},"retries":{},"serial":{},)"
        R"("checksum":{},"online":{},"calibrated":{})",
        m.device, m.site, m.region, m.unit, m.firmware, m.operator_name, m.temperature, m.humidity,
        m.pressure, m.latitude, m.longitude, m.voltage, m.sequence, m.offset, m.drift, m.retries, m.serial,
        m.checksum, m.online, m.calibrated);
  }
  void log(const bench::report& r) { SPDLOG_LOGGER_INFO(log_, R"("message":"{}")", r.text); }

  void finish() { bench::finish_spdlog(log_); }

 private:
  std::shared_ptr<spdlog::logger> log_;
};

}  // namespace

int main(int argc, char** argv) { return bench::main<spdlog_mdc>(argc, argv); }
