// A request without a framework: its headers, and the exchange that begins with it.
// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ctxlog/http/exchange.hpp"

namespace http_test {

struct made_request {
  std::string method = "GET", path = "/orders", query = "", peer = "203.0.113.9";
  std::vector<std::pair<std::string, std::string>> headers = {};  // names as the middleware asks for them

  std::shared_ptr<ctxlog::http::exchange> begin(
      ctxlog::http::options chosen = {}, const ctxlog::context& base = ctxlog::context::empty()) const {
    const auto find = [this](std::string_view name, ctxlog::http::header_lines& lines) {
      for (const auto& [key, value] : headers)
        if (key == name) lines.push_back(value);
    };
    return ctxlog::http::exchange::begin({.method = method,
                                          .path = path,
                                          .query = query,
                                          .protocol_version = "1.1",
                                          .peer_address = peer,
                                          .peer_port = 4711,
                                          .headers = find},
                                         std::make_shared<const ctxlog::http::options>(std::move(chosen)),
                                         base);
  }
};

/// What an exchange of this request tells of itself when it ends with 200.
inline void answer(const made_request& request, ctxlog::http::options chosen = {}) {
  request.begin(std::move(chosen))->finish({.status = 200});
}

}  // namespace http_test
