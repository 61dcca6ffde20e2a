// What ties the work of one request together, here and in the services it calls.
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "ctxlog/export.hpp"
#include "ctxlog/http/baggage.hpp"
#include "ctxlog/http/trace_context.hpp"

namespace ctxlog::http {

/// Immutable; in the context of the request. All of it is checked: any of it may go into a header.
struct correlation {
  std::string request_id = {};
  /// Name of the header that the id travels in.
  std::string id_header = {};
  /// Its span_id is the one of this request in this service.
  trace_parent trace = trace_parent::start();
  /// The caller's span, when the trace came from outside.
  std::optional<span_id> parent_span_id = {};
  http::trace_state trace_state = {};
  http::baggage baggage = {};
};

/// Of the request the calling code works for; null outside of one. Borrowed: valid until this thread changes its context.
CTXLOG_API const correlation* current_correlation() noexcept;

}  // namespace ctxlog::http
