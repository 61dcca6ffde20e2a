// Sink that hands each record to a function of the application.
// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <stdexcept>
#include <string>
#include <utility>

#include "ctxlog/sink.hpp"

namespace ctxlog {

/// Calls a function with each record and its encoded line, newline included; both are valid during the call
/// only. What the function throws counts as a lost record.
class callback_sink final : public sink {
 public:
  using callback = std::function<void(const record&, std::string_view line)>;

  /// Throws std::invalid_argument when `function` is empty.
  explicit callback_sink(callback function, std::string name = "callback")
      : function_(std::move(function)), name_(std::move(name)) {
    if (!function_)
      throw std::invalid_argument("callback_sink \"" + name_ + "\": expected a function, got an empty one");
  }

  std::error_code write(const record& rec, std::string_view line) override {
    function_(rec, line);
    return {};
  }
  std::string_view name() const noexcept override { return name_; }

 private:
  callback function_;
  std::string name_;
};

}  // namespace ctxlog
