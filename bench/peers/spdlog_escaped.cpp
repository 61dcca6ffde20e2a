// spdlog with JSON written and escaped by hand.
// SPDX-License-Identifier: MIT
#include "json_text.hpp"
#include "spdlog.hpp"

namespace {

thread_local const bench::request* current;

class spdlog_escaped {
 public:
  static constexpr bool sync = true, async = true;

  explicit spdlog_escaped(const bench::options& o) : log_(bench::make_spdlog_logger(o, "%v")) {}

  int enter(const bench::request& r) {
    current = &r;
    return 0;
  }

  template <class Shape>
  void log(const Shape& event) {
    std::string members = "\"message\":\"";
    bench::append_escaped(members, bench::message_of(event));
    members += '"';
    bench::append_member(members, "request_id", current->request_id);
    bench::append_member(members, "trace_id", current->trace_id);
    bench::append_member(members, "user_id", current->user_id);
    bench::visit_fields(
        event, [&](const auto& key, const auto& value) { bench::append_member(members, key, value); });
    SPDLOG_LOGGER_INFO(log_, "{}", members);
  }

  void finish() { bench::finish_spdlog(log_); }

 private:
  std::shared_ptr<spdlog::logger> log_;
};

}  // namespace

int main(int argc, char** argv) { return bench::main<spdlog_escaped>(argc, argv); }
