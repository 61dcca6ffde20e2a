// W3C Baggage: the grammar of its header (section 3.3.1), its percent-encoding and its limits.
// SPDX-License-Identifier: MIT
#include "ctxlog/http/baggage.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <utility>

#include "http/header_text.hpp"
#include "text/ascii.hpp"
#include "text/utf8.hpp"

namespace ctxlog::http {
namespace {

using ctxlog::detail::decode_utf8;

constexpr bool is_baggage_octet(char c) noexcept {
  return c > 0x20 && c < 0x7f && c != '"' && c != ',' && c != ';' && c != '\\';
}

constexpr bool is_written_raw(char c) noexcept { return is_baggage_octet(c) && c != '%'; }

// Nothing when a character may not stand there or a "%" has no two hexadecimal digits after it.
std::optional<std::string> percent_decoded(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  for (std::size_t i = 0; i != text.size(); ++i) {
    if (!is_baggage_octet(text[i])) return std::nullopt;
    if (text[i] != '%') {
      bytes += text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = ctxlog::detail::hex_digit(text[i + 1]), low = ctxlog::detail::hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return bytes;
}

std::string as_utf8(std::string_view bytes) {
  if (ctxlog::detail::is_valid_utf8(bytes)) return std::string(bytes);
  std::string text;
  const char* const last = bytes.data() + bytes.size();
  for (const char* in = bytes.data(); in != last;) {
    const auto step = decode_utf8(in, last);
    char encoded[4];
    text.append(encoded, ctxlog::detail::write_utf8(encoded, step.code_point));
    in += step.size;
  }
  return text;
}

void append_percent_encoded(std::string& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (const char c : text) {
    if (is_written_raw(c)) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', digits[byte / 16], digits[byte % 16]};
    }
  }
}

void append(std::string& list, const baggage::member& member) {
  if (!list.empty()) list += ',';
  list.append(member.key).append(1, '=');
  append_percent_encoded(list, member.value);
  if (!member.properties.empty()) list.append(1, ';').append(member.properties);
}

// key OWS "=" OWS value; a property may be a key alone.
struct key_value {
  std::string_view key;
  std::optional<std::string_view> value;
};

key_value split(std::string_view text) noexcept {
  const auto equals = text.find('=');
  if (equals == text.npos) return {text, std::nullopt};
  return {detail::without_blanks(text.substr(0, equals)), detail::without_blanks(text.substr(equals + 1))};
}

bool append_property(std::string& properties, std::string_view text) {
  const auto [key, value] = split(text);
  if (!ctxlog::detail::is_token(key)) return false;
  if (value && !std::all_of(value->begin(), value->end(), is_baggage_octet)) return false;
  if (!properties.empty()) properties += ';';
  properties += key;
  if (value) properties.append(1, '=').append(*value);
  return true;
}

// Nothing when a rule is broken, as by the empty property behind a last ";".
std::optional<baggage::member> parse_member(std::string_view text) {
  const auto semicolon = text.find(';');
  const auto [key, value] = split(detail::without_blanks(text.substr(0, semicolon)));
  if (!ctxlog::detail::is_token(key) || !value) return std::nullopt;
  auto decoded = percent_decoded(*value);
  if (!decoded) return std::nullopt;
  baggage::member parsed{std::string(key), as_utf8(*decoded), {}};
  if (semicolon == text.npos) return parsed;
  bool more = true;
  for (std::string_view rest = text.substr(semicolon + 1); more;) {
    more = rest.find(';') != rest.npos;
    if (!append_property(parsed.properties, detail::take_first(rest, ';'))) return std::nullopt;
  }
  return parsed;
}

}  // namespace

baggage baggage::parse(std::span<const std::string_view> header_lines) {
  baggage parsed;
  std::string text;
  for (std::string_view rest : header_lines) {
    while (!rest.empty()) {
      auto member = parse_member(detail::take_first(rest, ','));
      if (!member) continue;
      append(text, *member);
      if (parsed.members_.size() == max_members || text.size() > max_size) return parsed;
      parsed.members_.push_back(std::move(*member));
    }
  }
  return parsed;
}

void baggage::set(std::string_view key, std::string_view value) {
  if (!ctxlog::detail::is_token(key))
    throw std::invalid_argument("baggage: '" + std::string(key) + "' cannot be a key");
  baggage changed = *this;
  auto& members = changed.members_;
  const auto has_key = [key](const member& each) { return each.key == key; };
  member added{std::string(key), as_utf8(value), {}};
  if (const auto older = std::find_if(members.begin(), members.end(), has_key); older != members.end()) {
    *older = std::move(added);
    members.erase(std::remove_if(older + 1, members.end(), has_key), members.end());
  } else {
    members.push_back(std::move(added));
  }
  if (members.size() > max_members || changed.text().size() > max_size)
    throw std::length_error("baggage: more than 64 members or 8192 bytes");
  members_.swap(members);
}

const std::string* baggage::find(std::string_view key) const noexcept {
  const auto found =
      std::find_if(members_.begin(), members_.end(), [key](const member& each) { return each.key == key; });
  return found == members_.end() ? nullptr : &found->value;
}

std::string baggage::text() const {
  std::string text;
  for (const member& each : members_) append(text, each);
  return text;
}

}  // namespace ctxlog::http
