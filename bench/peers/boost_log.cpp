// Boost.Log: fields as attribute values, context as scoped thread attributes, JSON by a formatter of our own.
// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <boost/date_time/posix_time/posix_time.hpp>
#include <boost/log/attributes/clock.hpp>
#include <boost/log/attributes/constant.hpp>
#include <boost/log/attributes/scoped_attribute.hpp>
#include <boost/log/attributes/value_visitation.hpp>
#include <boost/log/core.hpp>
#include <boost/log/expressions.hpp>
#include <boost/log/sinks/async_frontend.hpp>
#include <boost/log/sinks/sync_frontend.hpp>
#include <boost/log/sinks/text_ostream_backend.hpp>
#include <boost/log/sources/record_ostream.hpp>
#include <boost/log/sources/severity_channel_logger.hpp>
#include <boost/log/utility/manipulators/add_value.hpp>
#include <boost/log/utility/setup/common_attributes.hpp>
#include <boost/make_shared.hpp>
#include <fstream>

#include "driver.hpp"
#include "json_text.hpp"

namespace {

namespace log_ns = boost::log;
using backend = log_ns::sinks::text_ostream_backend;

enum class severity { debug, info };

struct append_visitor {
  std::string& line;
  const std::string& key;
  template <class T>
  void operator()(const T& value) const {
    if constexpr (std::is_same_v<T, boost::posix_time::ptime>)
      bench::append_member(line, "time", boost::posix_time::to_iso_extended_string(value) + "Z");
    else if constexpr (std::is_same_v<T, severity>)
      bench::append_member(line, "level", std::string_view(value == severity::info ? "info" : "debug"));
    else
      bench::append_member(line, key, value);
  }
};

using value_types = boost::mpl::vector<std::string, bool, int, std::int64_t, std::uint64_t, double, severity,
                                       boost::posix_time::ptime>;

void format(const log_ns::record_view& record, log_ns::formatting_ostream& out) {
  std::string line;
  for (const auto& [name, value] : record.attribute_values()) {
    const std::string& key = name.string();
    log_ns::visit<value_types>(value, append_visitor{line, key});
  }
  line.front() = '{';
  line += '}';
  out << line;
}

// scoped_attribute is a reference: it cannot be returned.
using thread_scope = decltype(log_ns::add_scoped_thread_attribute({}, log_ns::attribute()));
using logger = log_ns::sources::severity_channel_logger_mt<severity, std::string>;

class boost_log {
 public:
  static constexpr bool sync = true, async = true;

  explicit boost_log(const bench::options& o) : log_(log_ns::keywords::channel = "orders") {
    auto file = boost::make_shared<backend>();
    file->add_stream(boost::make_shared<std::ofstream>(o.output));
    if (o.async)
      add(async_ = boost::make_shared<log_ns::sinks::asynchronous_sink<backend>>(file));
    else
      add(boost::make_shared<log_ns::sinks::synchronous_sink<backend>>(file));
    log_ns::core::get()->add_global_attribute("time", log_ns::attributes::utc_clock());
    log_ns::core::get()->set_filter(log_ns::expressions::attr<severity>("Severity") >= severity::info);
  }

  struct request_scope {
    thread_scope request, trace, user, thread;
  };
  request_scope enter(const bench::request& r) {
    return {thread_value("request_id", r.request_id), thread_value("trace_id", r.trace_id),
            thread_value("user_id", r.user_id), thread_value("thread", static_cast<int>(::gettid()))};
  }

  template <class Shape>
  void log(const Shape& event) {
    auto record = log_.open_record(log_ns::keywords::severity = severity::info);
    if (!record) return;
    log_ns::record_ostream out(record);
    out << log_ns::add_value("file", std::string("boost_log.cpp")) << log_ns::add_value("line", __LINE__);
    bench::visit_fields(event, [&](const auto& key, const auto& value) {
      out << log_ns::add_value(log_ns::attribute_name(key), value);
    });
    out << bench::message_of(event);
    out.flush();
    log_.push_record(std::move(record));
  }
  void log_disabled(const bench::order& o) {
    BOOST_LOG_SEV(log_, severity::debug) << "order processed: id=" << o.id << " status=" << o.status;
  }

  void finish() {
    if (async_) {
      async_->stop();
      async_->flush();
    }
    log_ns::core::get()->flush();
    log_ns::core::get()->remove_all_sinks();
  }

 private:
  template <class Sink>
  void add(const boost::shared_ptr<Sink>& sink) {
    sink->set_formatter(&format);
    log_ns::core::get()->add_sink(sink);
  }
  template <class T>
  static thread_scope thread_value(const char* key, const T& value) {
    return log_ns::add_scoped_thread_attribute(key, log_ns::attributes::constant<T>(value));
  }

  logger log_;
  boost::shared_ptr<log_ns::sinks::asynchronous_sink<backend>> async_;
};

}  // namespace

int main(int argc, char** argv) { return bench::main<boost_log>(argc, argv); }
