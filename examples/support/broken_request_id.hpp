// The mistake that the demo must be able to see: the request id in a global variable.
// SPDX-License-Identifier: MIT
#pragma once

#include <httplib.h>

#include <ctxlog/ctxlog.hpp>
#include <ctxlog/http/request_id.hpp>
#include <mutex>
#include <string>
#include <utility>

namespace example::broken {

inline const std::string id_header(ctxlog::http::request_id_header);

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
    set_current_id(ctxlog::http::accept_request_id(request.get_header_value(id_header)));
    return httplib::Server::HandlerResponse::Unhandled;
  });
  server.set_post_routing_handler([](const httplib::Request&, httplib::Response& response) {
    response.set_header(id_header, get_current_id());
  });
  server.set_logger([](const httplib::Request& request, const httplib::Response&) {
    using namespace ctxlog::literals;
    static const ctxlog::logger access("http.access");
    access.info("{url.path}", "url.path"_kv = request.path);
    set_current_id("");
  });
}

}  // namespace example::broken
