// Strict reading of one logfmt line by the rules of go-logfmt's decoder: refuses what it, or Loki, would refuse.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../text/reference.hpp"
#include "strict_json.hpp"

namespace strict_logfmt {

struct pair {
  std::string key, value;  // the value as it is meant, without quotation marks and escapes
  bool quoted = false;
};

class line {
 public:
  explicit line(std::vector<pair> pairs) : pairs_(std::move(pairs)) {}

  const std::vector<pair>& pairs() const { return pairs_; }
  const pair& back() const { return pairs_.back(); }
  bool has(std::string_view key) const { return find(key) != nullptr; }
  /// Throws strict_json::error when there is none of that key.
  const pair& at(std::string_view key) const {
    if (const pair* found = find(key)) return *found;
    throw strict_json::error("strict_logfmt: there is no key " + std::string(key));
  }
  const std::string& operator[](std::string_view key) const { return at(key).value; }
  std::vector<std::string> keys() const {
    std::vector<std::string> result;
    for (const pair& p : pairs_) result.push_back(p.key);
    return result;
  }

 private:
  const pair* find(std::string_view key) const {
    for (const pair& p : pairs_)
      if (p.key == key) return &p;
    return nullptr;
  }
  std::vector<pair> pairs_;
};

namespace detail {

using strict_json::fail;

class reader {
 public:
  explicit reader(std::string_view text) : text_(text) {}

  std::vector<pair> read() {
    std::vector<pair> pairs;
    while (at_ < text_.size()) {
      if (!pairs.empty() && text_[at_++] != ' ') fail("a pair does not end with a blank", text_, at_);
      pair p{key(), {}};
      for (const pair& earlier : pairs)
        if (earlier.key == p.key) fail("key " + p.key + " stands twice", text_, at_);
      if (peek() == '"') {
        p.quoted = true;
        p.value = quoted();
      } else {
        p.value = bare();
      }
      pairs.push_back(std::move(p));
    }
    return pairs;
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  // Up to a character of `ends`; none of `refused` may come before.
  std::string word(std::string_view ends, std::string_view refused) {
    const std::size_t start = at_;
    for (; at_ < text_.size() && ends.find(text_[at_]) == ends.npos; ++at_)
      if (static_cast<unsigned char>(text_[at_]) < ' ' || refused.find(text_[at_]) != refused.npos)
        fail("unexpected character", text_, at_);
    return std::string(text_.substr(start, at_ - start));
  }

  std::string key() {
    std::string result = word("=", " \"");
    if (result.empty()) fail("no key", text_, at_);
    if (result.find("\xef\xbf\xbd") != result.npos) fail("a key with U+FFFD", text_, at_);
    if (peek() != '=') fail("no = after the key", text_, at_);
    ++at_;
    return result;
  }

  std::string bare() { return word(" ", "=\""); }

  std::string quoted() {
    const std::size_t start = at_++;
    while (peek() != '"') {
      if (at_ >= text_.size()) fail("no closing quotation mark", text_, start);
      at_ += peek() == '\\' ? 2 : 1;
    }
    ++at_;
    // go-logfmt took its quoted strings from encoding/json.
    const std::string json = "{\"v\":" + std::string(text_.substr(start, at_ - start)) + "}";
    return strict_json::parse(json).get<std::string>("v");
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace detail

/// Throws strict_json::error unless `text` is one line of pairs, each key there once, in well-formed UTF-8
/// without a raw control, format or separator character.
inline line parse(std::string_view text) {
  if (!text.ends_with('\n')) detail::fail("the line does not end", text);
  text.remove_suffix(1);
  strict_json::require_well_formed(text, "the line");
  strict_json::require_no_raw_control(text);
  return line(detail::reader(text).read());
}

}  // namespace strict_logfmt
