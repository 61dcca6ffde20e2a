// What the spdlog peers share: the logger with its file, directly or behind spdlog's queue of default size.
// SPDX-License-Identifier: MIT
#pragma once

#include <spdlog/async.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <string>

#include "driver.hpp"

namespace bench {

/// `data` is the pattern of what stands behind the members that all records have.
inline std::shared_ptr<spdlog::logger> make_spdlog_logger(const options& o, const std::string& data) {
  std::shared_ptr<spdlog::logger> log;
  if (o.async) {
    spdlog::init_thread_pool(spdlog::details::default_async_q_size, 1);
    log = spdlog::create_async<spdlog::sinks::basic_file_sink_mt>("orders", o.output, true);
  } else {
    log = spdlog::basic_logger_mt("orders", o.output, true);
  }
  log->set_pattern(
      R"({"time":"%Y-%m-%dT%H:%M:%S.%fZ","level":"%l","logger":"%n","thread":%t,"file":"%s","line":%#,)" +
          data + "}",
      spdlog::pattern_time_type::utc);
  return log;
}

inline void finish_spdlog(std::shared_ptr<spdlog::logger>& log) {
  log->flush();
  log.reset();
  spdlog::shutdown();
}

}  // namespace bench
