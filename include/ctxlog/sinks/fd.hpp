// Sink that writes to a file descriptor: standard output, standard error, a pipe, a socket.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "ctxlog/level.hpp"
#include "ctxlog/sink.hpp"

namespace ctxlog {

namespace detail {
class descriptor_writer;
}

/// When a sink asks the kernel to bring a file to the disk (fdatasync(2)); docs/files.md says what a power
/// failure costs under each. Pipes, sockets and devices are never synced.
enum class sync_policy {
  never,     ///< the kernel decides, usually within half a minute
  interval,  ///< when `fd_options::sync_interval` has passed since the first record not synced
  level,     ///< a record of `fd_options::sync_level` or above, with all before it, before write() returns
  always     ///< whatever is written: each record, or each batch when records are gathered
};

/// How a sink writes to its descriptor.
struct fd_options {
  /// How long a record waits for room when the descriptor is non-blocking (O_NONBLOCK) and full. After that
  /// the record is refused with std::errc::timed_out, and the following ones are refused without waiting
  /// until the reader takes bytes again: a stuck reader costs the program one such wait. Values are limited
  /// to 0...24 hours; 0 never waits. A blocking descriptor waits in the kernel for as long as its reader
  /// does, whatever stands here.
  std::chrono::milliseconds block_timeout{1000};

  /// 0: each record is one write(2) and has left the process when the call returns, so that no end of the
  /// process, SIGKILL included, loses it. Otherwise records are gathered and written in batches of whole
  /// records, of about this many bytes, when the next one would not fit, by the two rules below, on flush() and
  /// when the sink is destroyed: many times cheaper, and a crash loses what was gathered. A record larger than
  /// the buffer goes out on its own, in order.
  std::size_t buffer_size = 0;

  /// Gathered records are written when the oldest of them is older than this: at the next record, by the times
  /// of the records, or by a thread of the library (see sink::flush_due()). Limited to 0...24 hours.
  std::chrono::milliseconds flush_after{1000};

  /// A record of this level or above is written at once with all gathered before it; `level::off`: none is.
  ctxlog::level flush_level = ctxlog::level::error;

  /// Under every policy but `never`, flush() and the end of the sink sync too. A failed sync means that data
  /// may be lost: flush() returns it, or the write() that had to sync (its record is then counted as lost,
  /// although readers of the file may see it).
  sync_policy sync = sync_policy::never;
  std::chrono::milliseconds sync_interval{1000};
  ctxlog::level sync_level = ctxlog::level::error;
};

/// Writes to its own duplicate of a descriptor, so that closing the original, or opening something else under
/// its number, changes nothing.
///
/// * A record is never torn. When one was written in part before an error (full disk, full pipe), its rest is
/// kept
///   and precedes whatever is written next; a record of which nothing was written is refused with that error.
///   Only a process that ends before its rest could be written leaves half a record.
/// * A reader that went away is the error EPIPE, and a file at its RLIMIT_FSIZE is EFBIG: SIGPIPE and SIGXFSZ
///   neither kill the program nor reach its handlers. The limit is looked up when the sink is made, so that
///   unlimited files pay nothing for it: a program that limits itself must do so before it makes the sink.
/// * Several processes may share a pipe while their records (batches) are at most PIPE_BUF (4096) bytes;
/// beyond
///   that the kernel mixes them.
/// * A child made by fork() does not write what its parent still held back; the parent does.
class CTXLOG_API fd_sink final : public sink {
 public:
  /// Duplicates `descriptor`, which stays the caller's. `name` appears in reports.
  /// Throws std::system_error when it is not open or no descriptor is left.
  fd_sink(int descriptor, std::string name, fd_options options = {});
  ~fd_sink() override;

  std::error_code write(const record& rec, std::string_view line) override;
  std::error_code encode_and_write(const record& rec, const line_encoder& line,
                                   fmt::memory_buffer& spare) override;
  std::error_code flush() override;
  std::chrono::system_clock::time_point flush_due() const noexcept override;
  void gather() noexcept override;
  std::optional<file_position> position() const noexcept override;
  std::string_view name() const noexcept override { return name_; }

  /// Whether a terminal shows what is written here; decides about colours. A system call: ask once, not per
  /// record.
  bool is_terminal() const noexcept;

  /// The sink's own descriptor, -1 when there is none (see stdout_sink()).
  int descriptor() const noexcept;

 private:
  fd_sink(std::unique_ptr<detail::descriptor_writer> writer, std::string name);
  friend CTXLOG_API std::shared_ptr<fd_sink> stdout_sink(fd_options);
  friend CTXLOG_API std::shared_ptr<fd_sink> stderr_sink(fd_options);

  std::unique_ptr<detail::descriptor_writer> writer_;
  std::string name_;
};

/// Standard output. When the program was started without one (`prog >&-`), lines go to standard error, which
/// says so once per process; number 1 then belongs to whatever file was opened first and is not touched. When
/// both are missing, every write() returns EBADF. Throws std::system_error when no descriptor is left.
CTXLOG_API std::shared_ptr<fd_sink> stdout_sink(fd_options options = {});

/// Standard error; when the program was started without one, every write() returns EBADF.
/// Throws std::system_error when no descriptor is left.
CTXLOG_API std::shared_ptr<fd_sink> stderr_sink(fd_options options = {});

}  // namespace ctxlog
