// The whole line as one compiled fmt format: nothing is escaped, nothing is general.
// SPDX-License-Identifier: MIT
#include <fmt/compile.h>
#include <unistd.h>

#include "limit.hpp"

// The members that all records have, and their arguments.
#define CTXLOG_BENCH_HEAD                                                                                 \
  "{{\"time\":\"{}\",\"level\":\"info\",\"logger\":\"orders\",\"file\":\"limit_format.cpp\",\"line\":{}," \
  "\"thread\":{},\"request_id\":\"{}\",\"trace_id\":\"{}\",\"user_id\":\"{}\",\"message\":"
#define CTXLOG_BENCH_HEAD_ARGUMENTS \
  time.now(), __LINE__, thread, current->request_id, current->trace_id, current->user_id

namespace {

thread_local const bench::request* current;
thread_local bench::time_text time;
const thread_local pid_t thread = ::gettid();

class limit_format {
 public:
  static constexpr bool sync = true, async = false;

  explicit limit_format(const bench::options& o) : file_(o.output) {}

  int enter(const bench::request& r) {
    current = &r;
    return 0;
  }

  void log(const bench::order& o) {
    put(FMT_COMPILE(CTXLOG_BENCH_HEAD "\"order processed: id={} status={}\",\"customer\":\"{}\",\"qty\":{},"
                                      "\"price\":{},\"gift\":{},\"note\":\"{}\",\"sku\":{}}}\n"),
        CTXLOG_BENCH_HEAD_ARGUMENTS, o.id, o.status, o.customer, o.quantity, o.price, o.gift, o.note, o.sku);
  }
  void log(const bench::ping& p) {
    put(FMT_COMPILE(CTXLOG_BENCH_HEAD "\"cache hit\",\"key\":\"{}\",\"hits\":{}}}\n"),
        CTXLOG_BENCH_HEAD_ARGUMENTS, p.key, p.hits);
  }
  void log(const bench::measurement& m) {
    put(FMT_COMPILE(
            CTXLOG_BENCH_HEAD
            "\"measurement stored\",\"device\":\"{}\",\"site\":\"{}\",\"region\":\"{}\",\"unit\":\"{}\","
            "\"firmware\":\"{}\",\"operator\":\"{}\",\"temperature\":{},\"humidity\":{},"
            "\"pressure\":{},\"latitude\":{},\"longitude\":{},\"voltage\":{},\"sequence\":{},"
            "\"offset\":{},\"drift\":{},\"retries\":{},\"serial\":{},\"checksum\":{},\"online\":{},"
            "\"calibrated\":{}}}\n"),
        CTXLOG_BENCH_HEAD_ARGUMENTS, m.device, m.site, m.region, m.unit, m.firmware, m.operator_name,
        m.temperature, m.humidity, m.pressure, m.latitude, m.longitude, m.voltage, m.sequence, m.offset,
        m.drift, m.retries, m.serial, m.checksum, m.online, m.calibrated);
  }
  void log(const bench::report& r) {
    put(FMT_COMPILE(CTXLOG_BENCH_HEAD "\"{}\"}}\n"), CTXLOG_BENCH_HEAD_ARGUMENTS, r.text);
  }

  void finish() { file_.flush(); }

 private:
  template <class Format, class... Arguments>
  void put(const Format& format, const Arguments&... arguments) {
    char line[8192];
    const char* end = fmt::format_to(line, format, arguments...);
    file_.put(line, static_cast<std::size_t>(end - line));
  }

  bench::plain_file file_;
};

}  // namespace

int main(int argc, char** argv) { return bench::main<limit_format>(argc, argv); }
