// Looking headers up one after the other, in one working memory.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "ctxlog/http/request_view.hpp"
#include "ctxlog/value.hpp"

namespace ctxlog::http::detail {

class header_reader {
 public:
  explicit header_reader(const header_source& headers) noexcept : headers_(headers) {}
  header_reader(const header_reader&) = delete;
  header_reader& operator=(const header_reader&) = delete;

  // All lines of that name, valid until the next call.
  std::span<const std::string_view> lines(std::string_view name) {
    lines_.clear();
    headers_.find(name, lines_);
    return lines_;
  }
  // The line, unless there are none or several.
  std::optional<std::string_view> line(std::string_view name) {
    const auto found = lines(name);
    return found.size() == 1 ? std::optional(found.front()) : std::nullopt;
  }

 private:
  const header_source& headers_;
  std::array<std::byte, 1024> stack_;
  arena memory_{stack_.data(), stack_.size()};
  header_lines lines_{&memory_};
};

}  // namespace ctxlog::http::detail
