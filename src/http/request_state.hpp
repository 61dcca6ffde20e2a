// What the context holds of a request.
// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "ctxlog/context.hpp"
#include "ctxlog/http/correlation.hpp"
#include "ctxlog/http/exchange.hpp"

namespace ctxlog::http::detail {

struct request_state {
  correlation ids;
  std::weak_ptr<exchange> current;
};

extern context_var<request_state> current_request;

}  // namespace ctxlog::http::detail
