// Boost.Beast: the exchange of a Beast request. Beast has no server, so the server's own loop calls these.
// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/version.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "ctxlog/http/exchange.hpp"

namespace ctxlog::beast {
namespace detail {

namespace net = ::boost::beast::http;

inline std::string_view view(::boost::beast::string_view text) noexcept { return {text.data(), text.size()}; }
inline ::boost::beast::string_view beast_view(std::string_view text) noexcept {
  return {text.data(), text.size()};
}

}  // namespace detail

/// As soon as the head of the request is read. `inherited`: a connection that has variables of its own.
template <class Body, class Fields>
[[nodiscard]] std::shared_ptr<http::exchange> begin(const detail::net::request<Body, Fields>& request,
                                                    const ::boost::asio::ip::tcp::endpoint& peer,
                                                    std::shared_ptr<const http::options> chosen,
                                                    std::string_view scheme = "http",
                                                    const context& inherited = context::empty()) {
  const auto find = [&](std::string_view name, http::header_lines& lines) {
    const auto [first, last] = request.equal_range(detail::beast_view(name));
    for (auto line = first; line != last; ++line) lines.push_back(detail::view(line->value()));
  };
  const std::string_view target = detail::view(request.target());
  const std::size_t query = target.find('?');
  const std::string address = peer.address().to_string();
  return http::exchange::begin(
      {.method = detail::view(request.method_string()),
       .path = target.substr(0, query),
       .query = query == std::string_view::npos ? std::string_view() : target.substr(query + 1),
       .scheme = scheme,
       .protocol_version = request.version() == 10 ? "1.0" : "1.1",
       .peer_address = address,
       .peer_port = peer.port(),
       .headers = find},
      std::move(chosen), inherited);
}

/// Before the response is written.
template <class Body, class Fields>
void add_headers(const http::exchange& exchange, detail::net::response<Body, Fields>& response) {
  exchange.for_each_response_header([&](std::string_view name, std::string_view value) {
    response.set(detail::beast_view(name), detail::beast_view(value));
  });
}

/// After it is written, or could not be.
template <class Body, class Fields>
void finish(http::exchange& exchange, const detail::net::response<Body, Fields>& response,
            const ::boost::system::error_code& written = {}) {
  std::optional<std::uint64_t> size;
  if (const auto known = response.payload_size()) size = *known;
  const http::outcome became = written               ? http::outcome::aborted
                               : exchange.rejected() ? http::outcome::rejected
                                                     : http::outcome::completed;
  exchange.finish({.status = static_cast<int>(response.result_int()), .body_size = size, .outcome = became});
}

}  // namespace ctxlog::beast
