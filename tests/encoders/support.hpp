// Helpers of the encoder tests: what an encoder makes of a record, and what people's lines must not hold.
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "../text/reference.hpp"
#include "ctxlog/encoder.hpp"
#include "ctxlog/pipeline.hpp"
#include "ctxlog/sinks/callback.hpp"
#include "regular_expression.hpp"
#include "sinks.hpp"
#include "strict_json.hpp"
#include "strict_logfmt.hpp"

namespace encoders_test {

/// The latest line of one encoder, for records made while it lives. The environment's own sink is removed.
class probe {
 public:
  explicit probe(std::shared_ptr<const ctxlog::encoder> encoder) : seen_(std::make_shared<seen>()) {
    static const bool silenced = (ctxlog::remove_sinks(), true);
    (void)silenced;
    auto sink =
        std::make_shared<ctxlog::callback_sink>([seen = seen_](const ctxlog::record&, std::string_view line) {
          seen->line = line;
          ++seen->records;
        });
    id_ = ctxlog::add_sink(std::move(sink), {.encoder = std::move(encoder)});
  }
  probe(const probe&) = delete;
  probe& operator=(const probe&) = delete;
  ~probe() { ctxlog::remove_sink(id_); }

  const std::string& line() const { return seen_->line; }
  std::size_t records() const { return seen_->records; }
  strict_json::object json() const { return strict_json::parse(line()); }
  strict_logfmt::line logfmt() const { return strict_logfmt::parse(line()); }

 private:
  struct seen {
    std::string line;
    std::size_t records = 0;
  };
  std::shared_ptr<seen> seen_;
  ctxlog::sink_id id_ = 0;
};

/// Sets an environment variable for as long as it lives; it was not set before.
class environment_variable {
 public:
  environment_variable(const char* name, const char* text) : name_(name) { ::setenv(name, text, 1); }
  environment_variable(const environment_variable&) = delete;
  environment_variable& operator=(const environment_variable&) = delete;
  ~environment_variable() { ::unsetenv(name_); }

 private:
  const char* name_;
};

inline constexpr const char* trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
inline constexpr const char* span_id = "00f067aa0ba902b7";

using regular_expression::matches;
using regular_expression::replaced;

/// What a reader gets back of any bytes: ill-formed UTF-8 replaced.
inline std::string well_formed(std::string_view bytes) {
  if (simdjson::validate_utf8(bytes.data(), bytes.size())) return std::string(bytes);
  return reference::encode(reference::decode(bytes));
}

inline constexpr std::string_view gutter = "             \u2502 ";

inline bool begins_with_time(std::string_view line) {
  constexpr std::string_view shape = "00:00:00.000 ";
  if (line.size() < shape.size()) return false;
  for (std::size_t i = 0; i < shape.size(); ++i)
    if (shape[i] == '0' ? line[i] < '0' || line[i] > '9' : line[i] != shape[i]) return false;
  return true;
}

/// Throws strict_json::error when `text` is not UTF-8 or holds a control, format or separator character.
inline void require_harmless(std::string_view text) {
  strict_json::require_well_formed(text, "the text");
  strict_json::require_no_raw_control(text);
}

/// Throws strict_json::error unless every physical line of a record without colours is harmless and begins
/// with what is the encoder's own.
inline void require_pretty(std::string_view text) {
  if (!text.ends_with('\n')) strict_json::fail("the last line does not end", text);
  bool first = true;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (first ? !begins_with_time(line) : !line.starts_with(gutter))
      strict_json::fail("the line begins with data", line);
    require_harmless(line);
    text.remove_prefix(line.size() + 1);
    first = false;
  }
}

/// `text` without the colours of the pretty encoder; "unreset" when one outlasts its line.
inline std::string without_colours(std::string_view text) {
  constexpr std::array<std::string_view, 11> own{"\x1b[1m",  "\x1b[2m",    "\x1b[31m",  "\x1b[32m",
                                                 "\x1b[33m", "\x1b[34m",   "\x1b[35m",  "\x1b[36m",
                                                 "\x1b[0m",  "\x1b[1;31m", "\x1b[1;32m"};
  std::string result;
  bool coloured = false;
  while (!text.empty()) {
    const std::size_t escape = text.find('\x1b');
    const std::string_view before = text.substr(0, escape);
    if (coloured && before.find('\n') != before.npos) return "unreset";
    result += before;
    text.remove_prefix(before.size());
    const auto sequence = std::find_if(own.begin(), own.end(), [&](auto s) { return text.starts_with(s); });
    if (sequence == own.end()) return result.append(text);
    coloured = *sequence != "\x1b[0m";
    text.remove_prefix(sequence->size());
  }
  return result;
}

}  // namespace encoders_test
