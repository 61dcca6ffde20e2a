// The lines that a process wrote before it ended, as far as nobody else can know.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "async/dead_queues.hpp"

namespace ctxlog::detail {

// What stands in the log file behind a mark. The file may have been renamed since, by rotation.
class written_lines {
 public:
  explicit written_lines(const written_mark&);

  const written_mark& mark() const noexcept { return mark_; }
  // The line, or nothing when the file has it. Each line of the file counts once.
  std::string_view missing(std::string_view line);

  // Whether the file ends in the middle of a line. The rest of it must be the next that is written there.
  bool is_torn() const noexcept { return !torn_.empty(); }
  // What is missing of the line that the file ends in, which then counts as written; nothing of any other.
  std::string_view complete(std::string_view line);

 private:
  void add(const std::string& path, std::uint64_t from);

  const written_mark& mark_;
  std::string torn_;
  std::unordered_map<std::string, std::uint64_t> lines_;
};

}  // namespace ctxlog::detail
