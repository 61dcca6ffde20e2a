// Sink that appends to a file.
// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "ctxlog/sinks/fd.hpp"

namespace ctxlog {

/// Appends to a file with the rules of fd_sink. Several processes may append to one file on a local file
/// system: each write is atomic there (NFS is not such a file system). A file that another program truncates
/// (copytruncate) goes on at its new end.
///
/// Regular files, character devices and FIFOs are accepted; a symbolic link as the last part of the path, a
/// directory, socket or block device is refused. A new file gets mode 0640, less the umask; directories are
/// never created. Devices and FIFOs are opened non-blocking: a FIFO that no process reads is refused instead
/// of hanging the program, and one whose reader is slow is waited for as `fd_options::block_timeout` says.
class CTXLOG_API file_sink final : public sink {
 public:
  /// Throws std::system_error whose text names the path and the reason.
  explicit file_sink(std::string path, fd_options options = {});
  ~file_sink() override;

  std::error_code write(const record& rec, std::string_view line) override;
  std::error_code flush() override;
  std::string_view name() const noexcept override { return path_; }

  /// Opens the path anew, for log rotation that renames the file. Any thread, also while others log; every
  /// record is in one of the two files. What is held back goes to the old file, or to the new one when the
  /// old one takes no more. After the return the old file is closed. Returns the reason when the path cannot
  /// be opened: the old file then stays in use.
  std::error_code reopen();

 private:
  std::string path_;
  std::mutex mutex_;  // guards writer_ against reopen()
  std::unique_ptr<detail::descriptor_writer> writer_;
};

}  // namespace ctxlog
