// quill with JSON by hand: context through its MDC, bounded queue unless CTXLOG_BENCH_QUILL_DEFAULT_QUEUE is defined.
// SPDX-License-Identifier: MIT
#include <ctime>

#include "quill.hpp"

namespace {

#ifdef CTXLOG_BENCH_QUILL_DEFAULT_QUEUE
using frontend = quill::Frontend;
#else
using frontend = quill::FrontendImpl<bench::bounded_queue>;
#endif
using quill_logger = frontend::logger_t;

// A sink of quill is handed the arguments as text, so that all values are strings here. The message ends
// where its fields' names begin: they are in the format only to be named.
class hand_written_json final : public quill::JsonFileSink {
 public:
  using JsonFileSink::JsonFileSink;

  void generate_json_message(const quill::MacroMetadata* site, std::uint64_t time, std::string_view thread,
                             std::string_view, const std::string&, std::string_view logger, quill::LogLevel,
                             std::string_view level, std::string_view,
                             const std::vector<std::pair<std::string, std::string>>* arguments,
                             std::string_view message, std::string_view context, const char*) override {
    fmtquill::format_to(
        std::back_inserter(_json_message),
        R"({{"time":"{}.{:06}Z","level":"{}","logger":"{}","thread":{},"file":"{}","line":{},"message":")",
        second(static_cast<std::time_t>(time / 1'000'000'000)), time / 1000 % 1'000'000, level, logger,
        thread, site->file_name(), site->line());
    const std::size_t end = std::min(message.find(fields_begin), message.size());
    _append_json_escaped(_json_message, message.substr(0, end));
    _json_message.push_back('"');
    _json_message.append(context);
    if (arguments)
      for (const auto& [key, text] : *arguments) append_member(key, text);
  }

 private:
  static constexpr char fields_begin = '\x1f';

  const char* second(std::time_t s) {
    if (s != second_) {
      std::tm utc{};
      ::gmtime_r(&s, &utc);
      std::strftime(text_, sizeof text_, "%Y-%m-%dT%H:%M:%S", &utc);
      second_ = s;
    }
    return text_;
  }
  void append_member(std::string_view key, std::string_view text) {
    if (key.starts_with('_')) return;  // the message's own arguments
    _json_message.append(std::string_view(",\""));
    _json_message.append(key);
    _json_message.append(std::string_view("\":\""));
    _append_json_escaped(_json_message, text);
    _json_message.push_back('"');
  }

  std::time_t second_ = 0;
  char text_[40] = {};
};

class quill_mdc {
 public:
  static constexpr bool sync = false, async = true;

  explicit quill_mdc(const bench::options& o) {
    bench::start_quill();
    log_ = bench::make_quill_logger<frontend, hand_written_json>(o, "%(mdc)");
  }

  struct request_scope {
    quill_logger* log;
    request_scope(quill_logger* l, const bench::request& r) : log(l) {
      log->set_mdc("request_id", r.request_id, "trace_id", r.trace_id, "user_id", r.user_id);
    }
    request_scope(const request_scope&) = delete;
    request_scope& operator=(const request_scope&) = delete;
    ~request_scope() { log->clear_mdc(); }
  };
  request_scope enter(const bench::request& r) { return {log_, r}; }

  void log(const bench::order& o) {
    LOG_INFO(log_, "order processed: id={_id} status={_status}\x1f{customer}{qty}{price}{gift}{note}{sku}",
             o.id, o.status, o.customer, o.quantity, o.price, o.gift, o.note, o.sku);
  }
  void log(const bench::ping& p) { LOG_INFO(log_, "cache hit\x1f{key}{hits}", p.key, p.hits); }
  void log(const bench::measurement& m) {
    LOG_INFO(log_,
             "measurement stored\x1f{device}{site}{region}{unit}{firmware}{operator}{temperature}{humidity}"
             "{pressure}{latitude}{longitude}{voltage}{sequence}{offset}{drift}{retries}{serial}{checksum}"
             "{online}{calibrated}",
             m.device, m.site, m.region, m.unit, m.firmware, m.operator_name, m.temperature, m.humidity,
             m.pressure, m.latitude, m.longitude, m.voltage, m.sequence, m.offset, m.drift, m.retries,
             m.serial, m.checksum, m.online, m.calibrated);
  }
  void log(const bench::report& r) { LOG_INFO(log_, "{}", r.text); }
  void log_disabled(const bench::order& o) {
    LOG_DEBUG(log_, "order processed: id={} status={}\x1f{}", o.id, o.status, o.customer);
  }

  void finish() {
    log_->flush_log(0);
    quill::Backend::stop();
  }

 private:
  quill_logger* log_ = nullptr;
};

}  // namespace

int main(int argc, char** argv) { return bench::main<quill_mdc>(argc, argv); }
