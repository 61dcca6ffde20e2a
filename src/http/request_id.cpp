// Request ids: new ones, and what of a foreign one may be kept.
// SPDX-License-Identifier: MIT
#include "ctxlog/http/request_id.hpp"

#include <array>
#include <cstdint>

#include "http/header_text.hpp"
#include "http/hexadecimal.hpp"
#include "http/random.hpp"

namespace ctxlog::http {

std::string new_request_id() {
  constexpr std::uint64_t version_mask = 0xf000, version_4 = 0x4000;
  constexpr std::uint64_t variant_mask = std::uint64_t{3} << 62, variant = std::uint64_t{2} << 62;
  const std::uint64_t high = (detail::random_bits() & ~version_mask) | version_4;
  const std::uint64_t low = (detail::random_bits() & ~variant_mask) | variant;

  std::array<char, 36> text;
  char* out = detail::write_hexadecimal(text.data(), high >> 32, 4);
  *out++ = '-';
  out = detail::write_hexadecimal(out, high >> 16, 2);
  *out++ = '-';
  out = detail::write_hexadecimal(out, high, 2);
  *out++ = '-';
  out = detail::write_hexadecimal(out, low >> 48, 2);
  *out++ = '-';
  detail::write_hexadecimal(out, low, 6);
  return {text.data(), text.size()};
}

std::string sanitize_request_id(std::string_view from_client) {
  std::string kept;
  for (const char c : from_client) {
    if (kept.size() == max_request_id_size) break;
    if (detail::is_request_id_character(c)) kept += c;
  }
  return kept.empty() ? new_request_id() : kept;
}

std::string_view amazon_trace_root(std::string_view header) noexcept {
  constexpr std::string_view name = "Root=";
  while (!header.empty())
    if (const auto part = detail::take_first(header, ';'); part.starts_with(name))
      return part.substr(name.size());
  return {};
}

}  // namespace ctxlog::http
