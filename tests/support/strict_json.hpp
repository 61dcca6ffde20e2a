// Strict reading of one JSON log line: refuses what some reader downstream could refuse or misread.
// SPDX-License-Identifier: MIT
#pragma once

#include <simdjson.h>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../text/reference.hpp"

namespace strict_json {

/// Says what is wrong and shows the place; Catch2 prints it when a test does not catch it.
class error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

namespace detail {

// At most 120 bytes around `at`, everything but printable ASCII as \xNN.
inline std::string excerpt(std::string_view text, std::size_t at = 0) {
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

[[noreturn]] inline void fail(const std::string& what, std::string_view text, std::size_t at = 0) {
  throw error("strict_json: " + what + " at byte " + std::to_string(at) + " of " +
              std::to_string(text.size()) + ": " + excerpt(text, at));
}

// The code point at `at` in well-formed UTF-8, and its size.
inline std::pair<char32_t, std::size_t> code_point(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  if (lead < 0x80) return {lead, 1};
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  char32_t result = lead & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i)
    result = result << 6 | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
  return {result, size};
}

inline void require_well_formed(std::string_view text, std::string_view what) {
  if (!simdjson::validate_utf8(text.data(), text.size())) fail(std::string(what) + " is not UTF-8", text);
}

// Control, format and separator characters must be escaped wherever they stand.
inline void require_no_raw_control(std::string_view line) {
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

inline void require_unique_keys(const simdjson::dom::element& element, std::string_view line) {
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
    if (twice != keys.end()) fail("key \"" + excerpt(*twice) + "\" stands twice in an object", line);
  }
}

inline std::string type_name(const simdjson::dom::element& element) {
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

/// One parsed line. A path is a row of keys and array indexes, `line.get<int>("record", "level", "no")`;
/// keys are taken as they are, so a dot in one means nothing. Without a path the line's object is meant.
/// What is not there, or has another type, throws strict_json::error.
class object {
 public:
  /// T: bool, an integer type, double, std::string. Nothing is converted: `3` is no double and `3.0` no
  /// integer.
  template <class T, class... Path>
  T get(const Path&... path) const {
    const auto element = at(path...);
    if constexpr (std::same_as<T, bool>) {
      if (element.is_bool()) return element.get_bool().value_unsafe();
    } else if constexpr (std::integral<T>) {
      if (element.is_int64()) {
        if (const auto i = element.get_int64().value_unsafe(); std::in_range<T>(i)) return static_cast<T>(i);
      } else if (element.is_uint64()) {
        if (const auto u = element.get_uint64().value_unsafe(); std::in_range<T>(u)) return static_cast<T>(u);
      }
    } else if constexpr (std::same_as<T, double>) {
      if (element.type() == simdjson::dom::element_type::DOUBLE) return element.get_double().value_unsafe();
    } else {
      static_assert(std::same_as<T, std::string>, "strict_json: no JSON value has this type");
      if (element.is_string()) return std::string(element.get_string().value_unsafe());
    }
    throw error("strict_json: " + named(path...) + " is " + shown(element) + ", another type was expected");
  }

  template <class... Path>
  bool has(const Path&... path) const {
    auto element = root_;
    return (descend(element, path) && ...);
  }

  /// "array", "object", "integer", "real", "string", "bool" or "null".
  template <class... Path>
  std::string type(const Path&... path) const {
    return detail::type_name(at(path...));
  }

  /// Keys of an object in the order of the line.
  template <class... Path>
  std::vector<std::string> keys(const Path&... path) const {
    const auto element = at(path...);
    if (!element.is_object()) throw error("strict_json: " + named(path...) + " is no object");
    const simdjson::dom::object members = element.get_object().value_unsafe();
    std::vector<std::string> result;
    for (const auto member : members) result.emplace_back(member.key);
    return result;
  }

  /// Number of items of an array or members of an object.
  template <class... Path>
  std::size_t size(const Path&... path) const {
    const auto element = at(path...);
    if (element.is_array()) return static_cast<std::size_t>(element.get_array().value_unsafe().size());
    return keys(path...).size();
  }

  /// The value as compact JSON text, to compare structures as a whole.
  template <class... Path>
  std::string text(const Path&... path) const {
    return simdjson::minify(at(path...));
  }

 private:
  friend object parse(std::string_view line);
  object(std::shared_ptr<simdjson::dom::parser> parser, simdjson::dom::element root)
      : parser_(std::move(parser)), root_(root) {}

  static bool descend(simdjson::dom::element& element, std::string_view key) {
    if (!element.is_object()) return false;
    return element.at_key(key).get(element) == simdjson::SUCCESS;
  }
  static bool descend(simdjson::dom::element& element, std::size_t index) {
    if (!element.is_array()) return false;
    return element.at(index).get(element) == simdjson::SUCCESS;
  }
  static bool descend(simdjson::dom::element& element, int index) {
    return index >= 0 && descend(element, static_cast<std::size_t>(index));
  }

  template <class... Path>
  simdjson::dom::element at(const Path&... path) const {
    auto element = root_;
    if ((descend(element, path) && ...)) return element;
    throw error("strict_json: there is no " + named(path...) + " in " + shown(root_));
  }

  static std::string step(std::string_view key) { return "[\"" + std::string(key) + "\"]"; }
  static std::string step(std::size_t index) { return "[" + std::to_string(index) + "]"; }
  static std::string step(int index) { return "[" + std::to_string(index) + "]"; }
  template <class... Path>
  static std::string named(const Path&... path) {
    return (std::string("line") + ... + step(path));
  }
  static std::string shown(const simdjson::dom::element& element) {
    return detail::excerpt(std::string(simdjson::minify(element)));
  }

  std::shared_ptr<simdjson::dom::parser> parser_;  // owns what the element refers to
  simdjson::dom::element root_;
};

/// Reads one line, with its newline or without. Throws strict_json::error unless it is exactly one JSON
/// object (RFC 8259) in well-formed UTF-8 (escapes included), in one physical line, without a raw control,
/// format or separator character, and no object in it has a key twice.
inline object parse(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  detail::require_well_formed(line, "the line");
  detail::require_no_raw_control(line);
  auto parser = std::make_shared<simdjson::dom::parser>();
  simdjson::dom::element root;
  if (const auto failure = parser->parse(line.data(), line.size()).get(root); failure != simdjson::SUCCESS)
    detail::fail(std::string("not JSON: ") + simdjson::error_message(failure), line);
  if (!root.is_object()) detail::fail("no object", line);
  detail::require_unique_keys(root, line);
  return {std::move(parser), root};
}

/// Reads text of whole lines, as a file or a captured stream holds them. Throws also when the last line has
/// no newline: it may be torn.
inline std::vector<object> parse_lines(std::string_view text) {
  std::vector<object> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) detail::fail("the last line does not end", text);
    lines.push_back(parse(text.substr(0, end)));
    text.remove_prefix(end + 1);
  }
  return lines;
}

}  // namespace strict_json
