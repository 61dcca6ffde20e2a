// log4cxx: its JSONLayout, which takes fields and context from the MDC, as strings.
// SPDX-License-Identifier: MIT
#include <log4cxx/asyncappender.h>
#include <log4cxx/basicconfigurator.h>
#include <log4cxx/fileappender.h>
#include <log4cxx/jsonlayout.h>
#include <log4cxx/logger.h>
#include <log4cxx/logmanager.h>
#include <log4cxx/mdc.h>

#include <clocale>
#include <deque>

#include "driver.hpp"

namespace {

class log4cxx_peer {
 public:
  static constexpr bool sync = true, async = true;

  explicit log4cxx_peer(const bench::options& o) {
    std::setlocale(LC_CTYPE, "C.UTF-8");  // else it replaces what is not ASCII
    const auto layout = std::make_shared<log4cxx::JSONLayout>();
    layout->setLocationInfo(true);
    const auto file = std::make_shared<log4cxx::FileAppender>(layout, o.output, false, true, 64 * 1024);
    log4cxx::AppenderPtr appender = file;
    if (o.async) {
      const auto queue = std::make_shared<log4cxx::AsyncAppender>();
      queue->addAppender(file);
      appender = queue;
    }
    log_->setAdditivity(false);
    log_->setLevel(log4cxx::Level::getInfo());
    log_->addAppender(appender);
  }

  struct request_scope {
    log4cxx::MDC request, trace, user;
  };
  request_scope enter(const bench::request& r) {
    return {{"request_id", r.request_id}, {"trace_id", r.trace_id}, {"user_id", r.user_id}};
  }

  template <class Shape>
  void log(const Shape& event) {
    std::deque<log4cxx::MDC> fields;
    bench::visit_fields(event, [&](const auto& key, const auto& value) {
      fields.emplace_back(key, fmt::format("{}", value));
    });
    LOG4CXX_INFO(log_, bench::message_of(event));
  }
  void log_disabled(const bench::order& o) {
    LOG4CXX_DEBUG(log_, "order processed: id=" << o.id << " status=" << o.status);
  }

  void finish() { log4cxx::LogManager::shutdown(); }

 private:
  log4cxx::LoggerPtr log_ = log4cxx::Logger::getLogger("orders");
};

}  // namespace

int main(int argc, char** argv) { return bench::main<log4cxx_peer>(argc, argv); }
