// Strict reading of one JSON log line: refuses what some reader downstream could refuse or misread.
// SPDX-License-Identifier: MIT
#pragma once

#include <simdjson.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace strict_json {

/// Says what is wrong and shows the place; Catch2 prints it when a test does not catch it.
class error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

namespace detail {

/// At most 120 bytes around `at`, everything but printable ASCII as \xNN.
std::string excerpt(std::string_view text, std::size_t at = 0);

std::string type_name(const simdjson::dom::element& element);

}  // namespace detail

// For strict readers of other formats.

[[noreturn]] void fail(const std::string& what, std::string_view text, std::size_t at = 0);
void require_well_formed(std::string_view text, std::string_view what);
/// Control, format and separator characters must be escaped wherever they stand.
void require_no_raw_control(std::string_view line);

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
object parse(std::string_view line);

/// Reads text of whole lines, as a file or a captured stream holds them. Throws also when the last line has
/// no newline: it may be torn.
std::vector<object> parse_lines(std::string_view text);

}  // namespace strict_json
