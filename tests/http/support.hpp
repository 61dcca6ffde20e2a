// Everything that is logged while a server runs in the process of the test.
// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "ctxlog/ctxlog.hpp"
#include "ctxlog/sinks/callback.hpp"
#include "strict_json.hpp"
#include "support/order_service.hpp"

namespace http_test {

/// What ENV=PROD would print, from construction on, whatever levels another test has left.
class log_output {
 public:
  log_output() : text_(std::make_shared<text>()) {
    const auto append = [into = text_](const ctxlog::record&, std::string_view line) {
      const std::lock_guard lock(into->mutex);
      into->lines += line;
    };
    ctxlog::configure({.mode = ctxlog::mode::prod,
                       .levels = "info",
                       .patchers = {{ctxlog::context_variables(example::user_id)}},
                       .sinks = {{{std::make_shared<ctxlog::callback_sink>(append)}}}});
  }

  std::string bytes() const {
    const std::lock_guard lock(text_->mutex);
    return text_->lines;
  }

  /// The records made by requests, the service's own start not among them.
  std::vector<strict_json::object> lines() const {
    auto all = strict_json::parse_lines(bytes());
    std::erase_if(all, [](const auto& line) { return text_of(line, "message").starts_with("listening"); });
    return all;
  }

  std::vector<strict_json::object> access_records() const {
    auto all = lines();
    std::erase_if(all, [](const auto& line) { return text_of(line, "logger") != "http.access"; });
    return all;
  }

  /// The field as text, empty when it is not there.
  static std::string text_of(const strict_json::object& line, std::string_view key) {
    return line.has(key) ? line.get<std::string>(key) : std::string();
  }

 private:
  struct text {
    std::mutex mutex;
    std::string lines;
  };
  std::shared_ptr<text> text_;
};

inline std::string id_of(const strict_json::object& line) { return log_output::text_of(line, "request_id"); }

}  // namespace http_test
