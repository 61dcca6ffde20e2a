// When a log file is put aside for a new one, and what becomes of those put aside.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace ctxlog {

enum class time_zone { utc, local };

/// Rotation is on when one of the first three is set; a file in use is put aside when any of them says so.
/// docs/files.md describes names, several processes and failures.
struct rotation_options {
  /// Largest size of a file in bytes, exceeded only by a record that is larger on its own. 0: no limit.
  std::uint64_t max_bytes = 0;
  /// A new file at every multiple of this since 1970-01-01T00:00Z, e.g. each full hour. 0: never.
  std::chrono::seconds interval{0};
  /// A new file every day at this distance from midnight, 0...24 hours.
  std::optional<std::chrono::seconds> time_of_day = std::nullopt;
  /// Of `time_of_day` and of the times in file names.
  time_zone zone = time_zone::utc;

  /// How many files put aside remain; the oldest are removed. 0: all.
  std::size_t keep_files = 0;
  /// For how long a file remains after it was put aside. 0: for ever.
  std::chrono::seconds keep_for{0};

  /// Called with the path of each file put aside, on a thread of the sink's own that exists only meanwhile; no
  /// process writes to that file any more. May remove the file, add a suffix to its name, and take its time:
  /// records are written meanwhile, and the destructor of the sink waits. What it throws is reported.
  std::function<void(const std::string& path)> compress = nullptr;
};

}  // namespace ctxlog
