// The files that one log file's rotation has put aside: their names, compression and removal.
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "ctxlog/sinks/rotation.hpp"
#include "rotation_schedule.hpp"

namespace ctxlog::detail {

/// Names follow loguru: `app.2026-11-20_09-18-39_374940.log` for `app.log`.
class rotated_files {
 public:
  /// `path` is absolute.
  rotated_files(const std::filesystem::path& path, const rotation_options& options);
  /// Waits until everything that settle() started has ended.
  ~rotated_files();
  rotated_files(const rotated_files&) = delete;
  rotated_files& operator=(const rotated_files&) = delete;

  /// A path that no file has, for the file put aside at `time`; some microseconds later when need be.
  std::string free_path(record_time time) const;

  /// Compresses the file put aside at `time` and removes what is not kept, on a thread of its own.
  void settle(std::string path, record_time time);

 private:
  struct work;
  std::shared_ptr<work> work_;  // shared with the thread
  unsigned forks_;              // the process that the thread belongs to
};

}  // namespace ctxlog::detail
