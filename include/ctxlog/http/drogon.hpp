// Drogon: a context, one access record and the id in the response for each request; headers for calls to others.
// SPDX-License-Identifier: MIT
#pragma once

#include <drogon/HttpAppFramework.h>
#include <drogon/HttpRequest.h>
#include <drogon/HttpResponse.h>

#include <algorithm>
#include <any>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "ctxlog/http/exchange.hpp"
#include "ctxlog/http/propagation.hpp"

namespace ctxlog::drogon {

/// What becomes of a response that Drogon sends to several requests: the page for 404, a response with an expiration time,
/// a static file in its cache. Its headers stand in bytes that are rendered once.
enum class shared_response : std::uint8_t {
  copy,  // each request is sent a copy with its own headers; without a custom status code or a stream
  skip,  // it is sent as it is, without the request's headers
};

namespace detail {

inline const std::string& attribute_name() {
  static const std::string name("ctxlog.exchange");
  return name;
}

/// Null for a request that was made before install(), or by hand.
inline const std::shared_ptr<http::exchange>& exchange_of(const ::drogon::HttpRequestPtr& request) {
  return request->attributes()->get<std::shared_ptr<http::exchange>>(attribute_name());
}

inline std::string_view version_text(::drogon::Version version) {
  switch (version) {
    case ::drogon::Version::kHttp10:
      return "1.0";
    case ::drogon::Version::kHttp11:
      return "1.1";
    default:
      return {};
  }
}

// Drogon has its keys in lower case.
inline bool is_same_header(std::string_view key, std::string_view name) {
  return std::equal(key.begin(), key.end(), name.begin(), name.end(),
                    [](char k, char n) { return k == (n >= 'A' && n <= 'Z' ? n - 'A' + 'a' : n); });
}

inline std::shared_ptr<http::exchange> begin(const ::drogon::HttpRequest& request,
                                             const std::shared_ptr<const http::options>& chosen) {
  // Of several lines Drogon keeps the first one. Comparing names costs less than what its map wants: a text made of each.
  const auto find = [&](std::string_view name, http::header_lines& lines) {
    for (const auto& [key, line] : request.headers())
      if (is_same_header(key, name)) return lines.push_back(line);
    if (is_same_header("cookie", name) && !request.cookies().empty())
      lines.emplace_back();  // taken apart, and never shown: that there is one must do
  };
  const std::string peer = request.peerAddr().toIp();
  return http::exchange::begin({.method = request.isHead() ? "HEAD" : request.methodString(),
                                .path = request.getOriginalPath(),
                                .query = request.query(),
                                .scheme = request.isOnSecureConnection() ? "https" : "http",
                                .protocol_version = version_text(request.version()),
                                .peer_address = peer,
                                .peer_port = request.peerAddr().toPort(),
                                .headers = find},
                               chosen);
}

inline void add_response_headers(const http::exchange& exchange, ::drogon::HttpResponse& response) {
  exchange.for_each_response_header(
      [&](const std::string& name, const std::string& value) { response.addHeader(name, value); });
}

inline bool is_stream(const ::drogon::HttpResponse& response) {
  return response.streamCallback() || response.asyncStreamCallback();
}

/// A response that only one request is sent. Drogon has no copy of its own to give.
inline ::drogon::HttpResponsePtr private_copy(const ::drogon::HttpResponse& shared) {
  ::drogon::HttpResponsePtr copy;
  const std::string type = shared.contentTypeString();
  if (shared.sendfileName().empty()) {
    copy = ::drogon::HttpResponse::newHttpResponse(shared.statusCode(), shared.contentType());
    copy->setBody(std::string(shared.body()));
  } else {
    const auto& [offset, size] = shared.sendfileRange();
    copy = ::drogon::HttpResponse::newFileResponse(shared.sendfileName(), offset, size, false, "",
                                                   shared.contentType(), type);
    copy->setStatusCode(shared.statusCode());
  }
  copy->setContentTypeCodeAndCustomString(shared.contentType(), type);
  for (const auto& [name, value] : shared.headers())
    if (name != "content-length" && name != "content-type" && name != "connection")
      copy->addHeader(name, value);
  for (const auto& [name, cookie] : shared.cookies()) copy->addCookie(cookie);
  copy->setAllowCompression(shared.allowCompression());
  copy->setVersion(shared.version());
  copy->setCloseConnection(shared.ifCloseConnection());
  return copy;
}

inline std::optional<std::uint64_t> body_size(const ::drogon::HttpRequest& request,
                                              const ::drogon::HttpResponse& response) {
  if (request.isHead()) return 0;
  if (is_stream(response)) return std::nullopt;
  return response.sendfileName().empty() ? response.body().size() : response.sendfileRange().second;
}

/// Adds the headers to the response, which may be replaced for that, and makes the access record.
inline void finish(const ::drogon::HttpRequest& request, ::drogon::HttpResponsePtr& response,
                   http::exchange& exchange, shared_response policy) {
  const bool shared = response->expiredTime() >= 0;
  if (shared && policy == shared_response::copy && !is_stream(*response)) {
    response = private_copy(*response);
    add_response_headers(exchange, *response);
  } else if (!shared) {
    add_response_headers(exchange, *response);
  }
  const bool upgraded = response->statusCode() == ::drogon::k101SwitchingProtocols;
  exchange.finish({.status = response->statusCode(),
                   .body_size = body_size(request, *response),
                   .outcome = upgraded ? http::outcome::upgraded : http::outcome::completed,
                   .route = request.matchedPathPattern()});
}

/// The answer to a request whose id is refused.
inline ::drogon::HttpResponsePtr refuse(http::exchange& exchange) {
  auto response = ::drogon::HttpResponse::newHttpResponse(::drogon::k400BadRequest, ::drogon::CT_TEXT_PLAIN);
  add_response_headers(exchange, *response);
  exchange.finish({.status = ::drogon::k400BadRequest, .body_size = 0, .outcome = http::outcome::rejected});
  return response;
}

/// Tells the exchange of an exception before `handle` makes a response of it.
inline ::drogon::ExceptionHandler noting(::drogon::ExceptionHandler handle) {
  return [handle = std::move(handle)](const std::exception& error, const ::drogon::HttpRequestPtr& request,
                                      std::function<void(const ::drogon::HttpResponsePtr&)>&& answer) {
    const auto exchange = exchange_of(request);
    if (exchange) exchange->set_error(std::current_exception());
    const context_guard inside(exchange ? exchange->context() : context());
    handle(error, request, std::move(answer));
  };
}

}  // namespace detail

/// The context of the request, for work that has the request but does not run in its context; empty before install().
inline context context_of(const ::drogon::HttpRequestPtr& request) {
  const auto& exchange = detail::exchange_of(request);
  return exchange ? exchange->context() : context();
}

/// Before app().run(), and before other synchronous advices are registered: those that refuse a request ahead of this one
/// hide it. From then on every line logged for a request carries its ids, every response its request id, and the
/// logger `http.access` gets one record a request. What Drogon refuses while it parses is invisible; what a synchronous advice
/// refuses is recorded as aborted. Context: routing, filters, middlewares, handlers; callbacks need bind_context(), coroutines
/// ctxlog/http/drogon_coroutines.hpp or preserve().
inline void install(http::options options = {}, shared_response policy = shared_response::copy) {
  const auto chosen = std::make_shared<const http::options>(std::move(options));
  auto& app = ::drogon::app();

  app.registerSyncAdvice([chosen](const ::drogon::HttpRequestPtr& request) -> ::drogon::HttpResponsePtr {
    // Drogon expects no exception here: without memory the request is served without.
    try {
      auto exchange = detail::begin(*request, chosen);
      ::drogon::HttpResponsePtr refusal = exchange->rejected() ? detail::refuse(*exchange) : nullptr;
      request->attributes()->insert(detail::attribute_name(), std::any(std::move(exchange)));
      return refusal;
    } catch (const std::bad_alloc&) {
      return nullptr;
    }
  });
  app.registerPreRoutingAdvice([](const ::drogon::HttpRequestPtr& request, ::drogon::AdviceCallback&&,
                                  ::drogon::AdviceChainCallback&& next) {
    const auto exchange = detail::exchange_of(request);
    const context_guard inside(exchange ? exchange->context() : context());
    next();
    // For the record of a request that is never answered.
    if (exchange && !exchange->finished()) exchange->set_route(request->matchedPathPattern());
  });
  // When the application has set its own exception handler and advices: theirs come first, the record last.
  app.registerBeginningAdvice([&app, policy] {
    app.setExceptionHandler(detail::noting(app.getExceptionHandler()));
    app.registerPreSendingAdvice(
        [policy](const ::drogon::HttpRequestPtr& request, const ::drogon::HttpResponsePtr& response) {
          // The caller's own variable, which it goes on to send: the only way to send another response from here.
          auto& sent = const_cast<::drogon::HttpResponsePtr&>(response);
          if (const auto& exchange = detail::exchange_of(request))
            detail::finish(*request, sent, *exchange, policy);
        });
  });
}

/// For a call to `host` with Drogon's client. See http::propagation_headers().
inline void add_headers(const ::drogon::HttpRequestPtr& request, std::string_view host = {}) {
  for (const auto& [name, value] : http::propagation_headers(host)) request->addHeader(name, value);
}

}  // namespace ctxlog::drogon
