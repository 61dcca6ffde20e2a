// Sink that appends to a file, puts full files aside and notices when somebody else did.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "ctxlog/sinks/fd.hpp"
#include "ctxlog/sinks/rotation.hpp"

namespace ctxlog {

struct file_options {
  rotation_options rotation = {};
  /// How often, by the times of the records, the sink looks whether its path shows another file, and then opens
  /// it anew: for programs such as logrotate that rename the file and send no signal. 0: never. Where the path shows
  /// no file, one is made at once if the old one was removed, and at the next look if it was renamed: logrotate fails
  /// when the file that it is about to make exists.
  /// With rotation by the sink itself it looks before every write(2) anyway.
  std::chrono::milliseconds watch_interval{0};
};

/// Appends to a file with the rules of fd_sink. Several processes may append to one file on a local file
/// system: each write is atomic there (NFS is not such a file system). A file that another program truncates
/// (copytruncate) goes on at its new end.
///
/// Regular files, character devices and FIFOs are accepted; a symbolic link as the last part of the path, a
/// directory, socket or block device is refused, with rotation anything but a regular file. A new file gets
/// mode 0640, less the umask; directories are never created. Devices and FIFOs are opened non-blocking: a FIFO
/// that no process reads is refused instead of hanging the program, and one whose reader is slow is waited for
/// as `fd_options::block_timeout` says. A relative path means what it meant when the sink was made.
///
/// With rotation, every process that writes to the file must have it on, with the same options. They take
/// turns by a lock on `<path>.lock` (flock(2)), which stays; `fd_options::buffer_size` is limited to
/// `max_bytes`. When a rotation or a reopening fails, the file in use goes on, standard error says why, and
/// another attempt follows ten seconds later by the times of the records.
class CTXLOG_API file_sink final : public sink {
 public:
  /// Throws std::system_error whose text names the path and the reason, std::invalid_argument for options that
  /// mean nothing.
  explicit file_sink(std::string path, fd_options writing = {}, const file_options& options = {});
  ~file_sink() override;

  std::error_code write(const record& rec, std::string_view line) override;
  std::error_code encode_and_write(const record& rec, const line_encoder& line,
                                   fmt::memory_buffer& spare) override;
  std::error_code flush() override;
  std::chrono::system_clock::time_point flush_due() const noexcept override;
  void gather() noexcept override;
  std::optional<file_position> position() const noexcept override;
  std::string_view name() const noexcept override { return path_; }

  /// Opens the path anew, for log rotation that renames the file. Any thread, also while others log; every
  /// record is in one of the two files. What is held back goes to the old file, or to the new one when the
  /// old one takes no more. After the return the old file is closed. Returns the reason when the path cannot
  /// be opened: the old file then stays in use.
  std::error_code reopen();

 private:
  struct guarded_file;

  std::string path_;
  std::unique_ptr<guarded_file> file_;
};

}  // namespace ctxlog
