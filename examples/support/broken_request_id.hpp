// The mistake that the demo must be able to see: the request id in a global variable.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <ctxlog/ctxlog.hpp>
#include <mutex>
#include <string>

#include "request_context.hpp"

namespace example::broken {

inline std::mutex mutex;
inline std::string current_id;

inline void set_current_id(std::string id) {
  const std::lock_guard lock(mutex);
  current_id = std::move(id);
}

inline std::string get_current_id() {
  const std::lock_guard lock(mutex);
  return current_id;
}

inline void add_request_id(ctxlog::record& record) {
  if (const std::string id = get_current_id(); !id.empty()) record.set("request_id", id);
}

inline void install_request_id(httplib::Server& server) {
  server.set_pre_routing_handler([](const httplib::Request& request, httplib::Response&) {
    set_current_id(id_for(request));
    return httplib::Server::HandlerResponse::Unhandled;
  });
  server.set_exception_handler(log_exception);
  server.set_post_routing_handler([](const httplib::Request&, httplib::Response& response) {
    response.set_header(id_header, get_current_id());
  });
  server.set_logger([](const httplib::Request& request, const httplib::Response& response) {
    log_access(request, response, std::chrono::nanoseconds(0));
    set_current_id("");
  });
}

}  // namespace example::broken
