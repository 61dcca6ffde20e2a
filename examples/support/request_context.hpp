// A context for each request of a cpp-httplib server: an id everywhere, and one access record.
// SPDX-License-Identifier: MIT
#pragma once

#include <httplib.h>

#include <chrono>
#include <ctxlog/ctxlog.hpp>
#include <ctxlog/http/request_id.hpp>
#include <exception>
#include <iterator>
#include <optional>
#include <string>

namespace example {

inline constinit ctxlog::context_var<std::string> request_id{"request_id"};

inline const std::string id_header(ctxlog::http::request_id_header);

/// For calls to other services on behalf of this request; nothing outside of one.
inline httplib::Headers outgoing_headers() {
  const std::string* const id = request_id.find();
  return id ? httplib::Headers{{id_header, *id}} : httplib::Headers{};
}

/// The id a request came with, or a new one. More than one is none: which of them would the client mean?
inline std::string id_for(const httplib::Request& request) {
  // Not get_header_value(), which would hide what follows a NUL.
  const auto [first, last] = request.headers.equal_range(id_header);
  const bool only_one = std::distance(first, last) == 1;
  return only_one ? ctxlog::http::accept_request_id(first->second) : ctxlog::http::new_request_id();
}

/// One record for each request, whatever became of it.
inline void log_access(const httplib::Request& request, const httplib::Response& response,
                       std::chrono::nanoseconds duration) {
  using namespace ctxlog::literals;
  static const ctxlog::logger access("http.access");
  const auto level = response.status >= 500   ? ctxlog::level::error
                     : response.status >= 400 ? ctxlog::level::warn
                                              : ctxlog::level::info;
  access.log(level, "{method} {path} -> {status}", "method"_kv = request.method, "path"_kv = request.path,
             "status"_kv = response.status, "duration"_kv = duration);
}

inline void log_exception(const httplib::Request& request, httplib::Response& response,
                          std::exception_ptr error) {
  using namespace ctxlog::literals;
  ctxlog::error("handler of {path} threw", "path"_kv = request.path, "error"_kv = error);
  response.status = 500;
}

/// A request on the thread that serves it. The library has one thread for a connection and keeps it from one
/// request to the next, so each request begins in the empty context and leaves nothing behind.
struct served_request {
  explicit served_request(const httplib::Request& request) : bound_id(request_id.bind(id_for(request))) {}

  ctxlog::context_guard clean{ctxlog::context::empty()};
  ctxlog::scope bound_id;
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
};

/// Before the server listens. Takes its pre-routing, post-routing, exception and logger hooks.
inline void install_request_context(httplib::Server& server) {
  static thread_local std::optional<served_request> serving;

  server.set_pre_routing_handler([](const httplib::Request& request, httplib::Response&) {
    serving.emplace(request);
    return httplib::Server::HandlerResponse::Unhandled;
  });
  server.set_exception_handler(log_exception);
  server.set_post_routing_handler([](const httplib::Request& request, httplib::Response& response) {
    if (!serving) serving.emplace(request);  // refused before routing: malformed, or too large
    response.set_header(id_header, request_id.get());
  });
  server.set_logger([](const httplib::Request& request, const httplib::Response& response) {
    log_access(request, response, std::chrono::steady_clock::now() - serving->start);
    serving.reset();
  });
}

}  // namespace example
