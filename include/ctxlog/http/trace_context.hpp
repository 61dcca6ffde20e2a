// W3C Trace Context, level 2: traceparent and tracestate (https://www.w3.org/TR/trace-context-2/).
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "ctxlog/export.hpp"

namespace ctxlog::http {
namespace detail {

// Fills `digits`, a multiple of 16, with random lower-case hexadecimal digits, not all of them zero.
CTXLOG_API void write_random_hex(std::span<char> digits) noexcept;

// Of each character, as bits to be united: "0" has none.
inline constexpr std::uint8_t non_zero_digit = 1, no_digit = 2;
inline constexpr auto digit_kinds = [] {
  std::array<std::uint8_t, 256> kinds{};
  kinds.fill(no_digit);
  for (const char c : std::string_view("123456789abcdef"))
    kinds[static_cast<unsigned char>(c)] = non_zero_digit;
  kinds['0'] = 0;
  return kinds;
}();

}  // namespace detail

/// An id as its lower-case hexadecimal digits, never all zeros.
template <std::size_t Digits>
class hex_id {
 public:
  /// Nothing unless `text` is exactly that many of `0-9a-f`, not all zeros.
  static constexpr std::optional<hex_id> parse(std::string_view text) noexcept {
    if (text.size() != Digits) return std::nullopt;
    std::uint8_t seen = 0;
    for (const char c : text) seen |= detail::digit_kinds[static_cast<unsigned char>(c)];
    if (seen != detail::non_zero_digit) return std::nullopt;
    hex_id parsed;
    std::copy_n(text.data(), Digits, parsed.digits_.begin());
    return parsed;
  }

  /// Random in all bits. Any thread; the child of a fork() makes other ids than its parent. Unique, no
  /// secret.
  static hex_id random() noexcept {
    static_assert(Digits % 16 == 0);
    hex_id made;
    detail::write_random_hex(made.digits_);
    return made;
  }

  constexpr std::string_view text() const noexcept { return {digits_.data(), Digits}; }
  friend constexpr auto operator<=>(const hex_id&, const hex_id&) = default;

 private:
  constexpr hex_id() = default;

  std::array<char, Digits> digits_{};
};

using trace_id = hex_id<32>;
using span_id = hex_id<16>;

/// Bits of trace-flags (section 3.2.2.5); others are never sent.
inline constexpr std::uint8_t sampled_flag = 1, random_trace_id_flag = 2;

/// What one side of a call says of its place in the trace.
struct trace_parent {
  http::trace_id trace_id;
  /// The span of the sender: of the caller in what comes in, of this call in what goes out.
  http::span_id span_id;
  std::uint8_t flags = 0;

  /// Reads the value of a traceparent header (section 3.2). Spaces and tabs around it mean nothing; a version
  /// above 00 is read as far as 00 goes. Nothing when it breaks a rule: then start a new trace and ignore
  /// tracestate.
  CTXLOG_API static std::optional<trace_parent> parse(std::string_view header) noexcept;

  /// A new trace: random ids, its flags say so, not sampled.
  CTXLOG_API static trace_parent start() noexcept;

  /// The same trace for one outgoing request: a new span id.
  CTXLOG_API trace_parent child() const noexcept;

  bool sampled() const noexcept { return (flags & sampled_flag) != 0; }

  /// The header's value, always version 00.
  CTXLOG_API std::string text() const;

  friend bool operator==(const trace_parent&, const trace_parent&) = default;
};

/// The vendors' list of section 3.3, checked and in its order. Never logged: it is other systems' data.
class CTXLOG_API trace_state {
 public:
  trace_state() = default;

  /// All tracestate lines of a request, in their order. Empty when one member breaks a rule or there are more
  /// than 32.
  static trace_state parse(std::span<const std::string_view> header_lines);

  /// `key=value` at the front, in place of an older value of that key; with 33 members the last one goes.
  /// Throws std::invalid_argument for a key or value that the specification forbids.
  [[nodiscard]] trace_state with(std::string_view key, std::string_view value) const;

  /// Null when the key is not there.
  std::optional<std::string_view> find(std::string_view key) const noexcept;

  /// The header's value in at most `max_size` bytes: whole members only, first those longer than 128 bytes
  /// go, then the last ones (section 3.3.1.5). Empty: send no header.
  std::string text(std::size_t max_size = 512) const;

  bool empty() const noexcept { return members_.empty(); }
  friend bool operator==(const trace_state&, const trace_state&) = default;

 private:
  std::string members_;  // "key=value,key=value"
};

}  // namespace ctxlog::http
