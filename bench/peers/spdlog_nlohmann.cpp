// spdlog with an nlohmann::json object as the message, the usual advice for JSON with spdlog.
// SPDX-License-Identifier: MIT
#include <nlohmann/json.hpp>

#include "spdlog.hpp"

namespace {

thread_local nlohmann::json context;

class spdlog_nlohmann {
 public:
  static constexpr bool sync = true, async = true;

  explicit spdlog_nlohmann(const bench::options& o) : log_(bench::make_spdlog_logger(o, R"("data":%v)")) {}

  int enter(const bench::request& r) {
    context = {{"request_id", r.request_id}, {"trace_id", r.trace_id}, {"user_id", r.user_id}};
    return 0;
  }
  template <std::size_t Count>
  int enter(const bench::variables<Count>& v) {
    context = nlohmann::json::object();
    [&]<std::size_t... N>(std::index_sequence<N...>) {
      ((context[bench::variable_name<N>] = v.values[N]), ...);
    }
    (std::make_index_sequence<Count>());
    return 0;
  }

  template <class Shape>
  void log(const Shape& event) {
    nlohmann::json record = context;
    record["message"] = bench::message_of(event);
    bench::visit_fields(event, [&](const auto& key, const auto& value) { record[key] = value; });
    SPDLOG_LOGGER_INFO(log_, "{}", record.dump());
  }
  void log_disabled(const bench::order& o) {
    log_->debug("order processed: id={} status={} customer={}", o.id, o.status, o.customer);
  }

  void finish() { bench::finish_spdlog(log_); }

 private:
  std::shared_ptr<spdlog::logger> log_;
};

}  // namespace

int main(int argc, char** argv) { return bench::main<spdlog_nlohmann>(argc, argv); }
