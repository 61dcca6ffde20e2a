// cpp-httplib: a context, one access record and the id in the response for each request; headers for calls to others.
// SPDX-License-Identifier: MIT
#pragma once

#include <httplib.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "ctxlog/http/exchange.hpp"
#include "ctxlog/http/propagation.hpp"

namespace ctxlog::httplib {

/// The application's own hooks. The server has one place for each of these, which install() takes.
struct hooks {
  ::httplib::Server::HandlerWithResponse pre_routing = nullptr;
  ::httplib::Server::Handler post_routing = nullptr;
  ::httplib::Server::ExceptionHandler exception = nullptr;
  ::httplib::Logger logger = nullptr;
};

namespace detail {

inline http::request_view view_of(const ::httplib::Request& request, http::header_source headers) {
  const std::string_view target(request.target);
  const std::size_t query = target.find('?');
  std::string_view version(request.version);
  if (version.starts_with("HTTP/")) version.remove_prefix(5);
  const bool known_query = query != std::string_view::npos;
  http::request_view view{.method = request.method,
                          .path = target.substr(0, query),
                          .query = known_query ? target.substr(query + 1) : std::string_view(),
                          .protocol_version = version,
                          .peer_address = request.remote_addr,
                          .peer_port = static_cast<std::uint16_t>(request.remote_port),
                          .headers = headers};
#ifdef CPPHTTPLIB_OPENSSL_SUPPORT
  if (request.ssl) view.scheme = "https";
#endif
  return view;
}

/// A request on the thread that serves it: the library keeps a connection on one thread, hooks, handler and body included.
class served_request {
 public:
  served_request(const ::httplib::Request& request, const std::shared_ptr<const http::options>& chosen)
      : exchange_(begin(request, chosen)), inside_(exchange_->enter()) {}

  http::exchange& exchange() const noexcept { return *exchange_; }

 private:
  static std::shared_ptr<http::exchange> begin(const ::httplib::Request& request,
                                               const std::shared_ptr<const http::options>& chosen) {
    const auto find = [&](std::string_view name, http::header_lines& lines) {
      const auto [first, last] = request.headers.equal_range(std::string(name));
      for (auto header = first; header != last; ++header) lines.push_back(header->second);
    };
    return http::exchange::begin(view_of(request, find), chosen);
  }

  std::shared_ptr<http::exchange> exchange_;
  context_guard inside_;
};

/// Empty between requests.
inline std::optional<served_request>& serving() {
  static thread_local std::optional<served_request> request;
  return request;
}

inline void add_headers(const http::exchange& exchange, ::httplib::Response& response) {
  exchange.for_each_response_header([&](const std::string& name, const std::string& value) {
    response.headers.erase(name);
    response.set_header(name, value);
  });
}

// Old releases, as 0.11, do not tell the route.
template <class Request>
void set_route(http::exchange& exchange, const Request& request) {
  if constexpr (requires { request.matched_route; }) exchange.set_route(request.matched_route);
}

inline void finish(const ::httplib::Request& request, const ::httplib::Response& response) {
  set_route(serving()->exchange(), request);
  std::optional<std::uint64_t> size;
  if (!response.content_provider_) size = response.body.size();
  const bool refused = serving()->exchange().rejected();
  serving()->exchange().finish({.status = response.status,
                                .body_size = size,
                                .outcome = refused ? http::outcome::rejected : http::outcome::completed});
  serving().reset();
}

}  // namespace detail

/// Before the server listens. From then on every line logged for a request carries its ids, every response its request
/// id, and the logger `http.access` gets one record a request, also for those that the library refuses.
inline void install(::httplib::Server& server, http::options options = {}, hooks own = {}) {
  const auto chosen = std::make_shared<const http::options>(std::move(options));

  server.set_pre_routing_handler([chosen, before = std::move(own.pre_routing)](
                                     const ::httplib::Request& request, ::httplib::Response& response) {
    using result = ::httplib::Server::HandlerResponse;
    detail::serving().reset();  // a request that was upgraded ends with the next one
    detail::serving().emplace(request, chosen);
    if (detail::serving()->exchange().rejected()) {
      response.status = 400;
      return result::Handled;
    }
    return before ? before(request, response) : result::Unhandled;
  });
  server.set_exception_handler([handle = std::move(own.exception)](const ::httplib::Request& request,
                                                                   ::httplib::Response& response,
                                                                   std::exception_ptr error) {
    detail::serving()->exchange().set_error(error);
    response.status = 500;
    if (handle) handle(request, response, error);
  });
  server.set_post_routing_handler([chosen, after = std::move(own.post_routing)](
                                      const ::httplib::Request& request, ::httplib::Response& response) {
    if (!detail::serving()) detail::serving().emplace(request, chosen);  // refused before routing
    if (after) after(request, response);
    detail::add_headers(detail::serving()->exchange(), response);
  });
  server.set_logger(
      [log = std::move(own.logger)](const ::httplib::Request& request, const ::httplib::Response& response) {
        if (log) log(request, response);
        detail::finish(request, response);
      });
}

/// For a call to `host`: `client.Get("/items", ctxlog::httplib::headers("inventory.internal"))`. See http::propagation_headers().
inline ::httplib::Headers headers(std::string_view host = {}) {
  const http::header_list list = http::propagation_headers(host);
  return {list.begin(), list.end()};
}

}  // namespace ctxlog::httplib
