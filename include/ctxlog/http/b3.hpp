// B3, the trace headers of Zipkin (https://github.com/openzipkin/b3-propagation): read, never written.
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string_view>

#include "ctxlog/export.hpp"
#include "ctxlog/http/trace_context.hpp"

namespace ctxlog::http {

/// The headers, null where the request has none or more than one line of it.
struct b3_headers {
  std::optional<std::string_view> b3 = {}, trace_id = {}, span_id = {}, sampled = {}, flags = {};
};

/// The caller's place in the trace: `b3` alone when it is there, else the X-B3- headers. An id of 16 digits
/// is padded with zeros on the left; `d` and flags `1` mean sampled. Nothing when ids are missing (`b3: 0`)
/// or malformed.
CTXLOG_API std::optional<trace_parent> parse_b3(const b3_headers& headers) noexcept;

}  // namespace ctxlog::http
