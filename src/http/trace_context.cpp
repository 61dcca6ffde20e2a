// Reading and writing traceparent, and making ids.
// SPDX-License-Identifier: MIT
#include "ctxlog/http/trace_context.hpp"

#include <cstring>

#include "http/header_text.hpp"
#include "http/hexadecimal.hpp"
#include "http/random.hpp"
#include "trace_fields.hpp"

namespace ctxlog::http {
namespace {

// version "-" trace-id "-" parent-id "-" trace-flags
constexpr std::size_t trace_at = 3, span_at = 36, flags_at = 53, size_of_version_00 = 55;
constexpr std::uint8_t known_flags = sampled_flag | random_trace_id_flag;

}  // namespace

void detail::write_random_hex(std::span<char> digits) noexcept {
  std::uint64_t any = 0;
  do {
    for (std::size_t at = 0; at != digits.size(); at += 16) {
      const std::uint64_t bits = random_bits();
      write_hexadecimal(digits.data() + at, bits, 8);
      any |= bits;
    }
  } while (any == 0);
}

std::optional<trace_parent> trace_parent::parse(std::string_view header) noexcept {
  using ctxlog::detail::hex_number, ctxlog::detail::is_lower_hex;
  const std::string_view text = detail::without_blanks(header);
  if (text.size() < size_of_version_00 || text[trace_at - 1] != '-' || text[span_at - 1] != '-' ||
      text[flags_at - 1] != '-')
    return std::nullopt;
  const std::string_view version = text.substr(0, 2), flags = text.substr(flags_at, 2);
  if (!is_lower_hex(version) || version == "ff" || !is_lower_hex(flags)) return std::nullopt;
  if (text.size() > size_of_version_00 && (version == "00" || text[size_of_version_00] != '-'))
    return std::nullopt;
  const auto trace = http::trace_id::parse(text.substr(trace_at, 32));
  const auto span = http::span_id::parse(text.substr(span_at, 16));
  if (!trace || !span) return std::nullopt;
  return trace_parent{*trace, *span, static_cast<std::uint8_t>(hex_number(flags) & known_flags)};
}

trace_parent trace_parent::start() noexcept {
  return {http::trace_id::random(), http::span_id::random(), random_trace_id_flag};
}

trace_parent trace_parent::child() const noexcept { return {trace_id, http::span_id::random(), flags}; }

std::string trace_parent::text() const {
  std::array<char, size_of_version_00> text;
  text.fill('-');
  std::memcpy(text.data(), "00", 2);
  std::memcpy(text.data() + trace_at, trace_id.text().data(), 32);
  std::memcpy(text.data() + span_at, span_id.text().data(), 16);
  detail::write_hexadecimal(text.data() + flags_at, flags & known_flags, 1);
  return {text.data(), text.size()};
}

}  // namespace ctxlog::http
