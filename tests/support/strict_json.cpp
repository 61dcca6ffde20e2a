// Strict reading of one JSON log line.
// SPDX-License-Identifier: MIT
#include "strict_json.hpp"

#include <algorithm>

#include "../text/reference.hpp"

namespace strict_json {
namespace detail {

std::string excerpt(std::string_view text, std::size_t at) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string shown = at > 60 ? "…" : "";
  for (const char c : text.substr(at > 60 ? at - 60 : 0, 120)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f)
      shown += c;
    else
      shown.append("\\x").append({digits[byte / 16], digits[byte % 16]});
  }
  return shown;
}

std::string type_name(const simdjson::dom::element& element) {
  switch (element.type()) {
    case simdjson::dom::element_type::ARRAY:
      return "array";
    case simdjson::dom::element_type::OBJECT:
      return "object";
    case simdjson::dom::element_type::INT64:
    case simdjson::dom::element_type::UINT64:
      return "integer";
    case simdjson::dom::element_type::DOUBLE:
      return "real";
    case simdjson::dom::element_type::STRING:
      return "string";
    case simdjson::dom::element_type::BOOL:
      return "bool";
    case simdjson::dom::element_type::NULL_VALUE:
      return "null";
  }
  return "unknown";
}

}  // namespace detail

namespace {

// The code point at `at` in well-formed UTF-8, and its size.
std::pair<char32_t, std::size_t> code_point(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  if (lead < 0x80) return {lead, 1};
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  char32_t result = lead & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i)
    result = result << 6 | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
  return {result, size};
}

}  // namespace

void fail(const std::string& what, std::string_view text, std::size_t at) {
  throw error("strict_json: " + what + " at byte " + std::to_string(at) + " of " +
              std::to_string(text.size()) + ": " + detail::excerpt(text, at));
}

void require_well_formed(std::string_view text, std::string_view what) {
  if (!simdjson::validate_utf8(text.data(), text.size())) fail(std::string(what) + " is not UTF-8", text);
}

void require_no_raw_control(std::string_view line) {
  for (std::size_t at = 0; at < line.size();) {
    const auto byte = static_cast<unsigned char>(line[at]);
    if (byte >= 0x20 && byte < 0x7f) {
      ++at;
      continue;
    }
    const auto [c, size] = code_point(line, at);
    if (reference::is_unsafe(c)) fail("raw character U+" + std::to_string(c) + " (decimal)", line, at);
    at += size;
  }
}

namespace {

void require_unique_keys(const simdjson::dom::element& element, std::string_view line) {
  if (element.is_array()) {
    const simdjson::dom::array items = element.get_array().value_unsafe();
    for (const auto item : items) require_unique_keys(item, line);
  } else if (element.is_string()) {
    require_well_formed(element.get_string().value_unsafe(), "a string");
  } else if (element.is_object()) {
    const simdjson::dom::object members = element.get_object().value_unsafe();
    std::vector<std::string_view> keys;
    for (const auto member : members) {
      require_well_formed(member.key, "a key");
      keys.push_back(member.key);
      require_unique_keys(member.value, line);
    }
    std::sort(keys.begin(), keys.end());
    const auto twice = std::adjacent_find(keys.begin(), keys.end());
    if (twice != keys.end()) fail("key \"" + detail::excerpt(*twice) + "\" stands twice in an object", line);
  }
}

}  // namespace

object parse(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  require_well_formed(line, "the line");
  require_no_raw_control(line);
  auto parser = std::make_shared<simdjson::dom::parser>();
  simdjson::dom::element root;
  if (const auto failure = parser->parse(line.data(), line.size()).get(root); failure != simdjson::SUCCESS)
    fail(std::string("not JSON: ") + simdjson::error_message(failure), line);
  if (!root.is_object()) fail("no object", line);
  require_unique_keys(root, line);
  return {std::move(parser), root};
}

std::vector<object> parse_lines(std::string_view text) {
  std::vector<object> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) fail("the last line does not end", text);
    lines.push_back(parse(text.substr(0, end)));
    text.remove_prefix(end + 1);
  }
  return lines;
}

}  // namespace strict_json
