// Reading the trace headers of Zipkin.
// SPDX-License-Identifier: MIT
#include "ctxlog/http/b3.hpp"

#include <algorithm>
#include <array>

#include "http/header_text.hpp"
#include "trace_fields.hpp"

namespace ctxlog::http {
namespace {

std::optional<trace_id> read_trace_id(std::string_view text) noexcept {
  if (text.size() != 16) return trace_id::parse(text);
  std::array<char, 32> padded;
  padded.fill('0');
  std::copy(text.begin(), text.end(), padded.begin() + 16);
  return trace_id::parse({padded.data(), padded.size()});
}

std::optional<trace_parent> combine(std::string_view trace, std::string_view span, bool sampled) noexcept {
  const auto trace_id = read_trace_id(trace);
  const auto span_id = span_id::parse(span);
  if (!trace_id || !span_id) return std::nullopt;
  return trace_parent{*trace_id, *span_id, sampled ? sampled_flag : std::uint8_t{0}};
}

// trace-span, trace-span-state or trace-span-state-parent
std::optional<trace_parent> parse_single(std::string_view header) noexcept {
  std::array<std::string_view, 4> parts;
  std::size_t count = 0;
  std::string_view rest = detail::without_blanks(header);
  while (!rest.empty() && count != parts.size()) {
    const auto end = std::min(rest.find('-'), rest.size());
    parts[count++] = rest.substr(0, end);
    if (end + 1 == rest.size()) return std::nullopt;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  const auto [trace, span, state, parent] = parts;
  if (!rest.empty() || (count > 2 && state != "0" && state != "1" && state != "d")) return std::nullopt;
  if (count > 3 && (parent.size() != 16 || !ctxlog::detail::is_lower_hex(parent))) return std::nullopt;
  return combine(trace, span, state == "1" || state == "d");
}

std::string_view value_of(const std::optional<std::string_view>& header) noexcept {
  return header ? detail::without_blanks(*header) : std::string_view();
}

}  // namespace

std::optional<trace_parent> parse_b3(const b3_headers& headers) noexcept {
  if (headers.b3) return parse_single(*headers.b3);
  // Some write true for 1, as they did before there was a specification.
  const std::string_view sampled = value_of(headers.sampled);
  return combine(value_of(headers.trace_id), value_of(headers.span_id),
                 sampled == "1" || sampled == "true" || value_of(headers.flags) == "1");
}

}  // namespace ctxlog::http
