// Headers for calls to other services, so that they go on with this request's id and trace.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ctxlog/export.hpp"

namespace ctxlog::http {

struct propagation_options {
  /// Hosts that may learn of the request: `inventory.internal`, `*.internal`, `127.0.0.1`, without port and case. Empty: all.
  std::vector<std::string> hosts = {};
  bool request_id = true;
  bool baggage = true;
  /// Whether a call made outside of any request starts a trace.
  bool start_trace = true;
};

/// For all calls from now on. Any thread.
CTXLOG_API void set_propagation(propagation_options);

using header_list = std::vector<std::pair<std::string, std::string>>;

/// The headers for one call to `host` on behalf of the current request: its id, traceparent with a new span id at every
/// call (W3C Trace Context, section 4.3), tracestate and baggage. Nothing for a host that is not on the list; an empty `host` is on
/// no list. The logger `http.propagation` tells the new span at debug.
CTXLOG_API header_list propagation_headers(std::string_view host = {});

}  // namespace ctxlog::http
