// Where encoded records go: the interface of every sink.
// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

#include "ctxlog/export.hpp"

namespace ctxlog {

class record;

/// Where the next line of a file goes.
struct file_position {
  std::string_view path;  // as long as the sink has that file
  std::uint64_t device, inode, size;
};

/// A place that takes bytes. A sink owns nothing about their format: that is the encoder's, which it does not know.
///
/// The pipeline calls write() and flush() under a lock of its own for each sink, so one thread at a time is
/// inside; the calls may come from different threads. A sink used by two pipelines must lock by itself.
class CTXLOG_API sink {
 public:
  sink(const sink&) = delete;
  sink& operator=(const sink&) = delete;
  virtual ~sink() = default;

  /// Takes one whole encoded record, its trailing newline included. `rec` and `line` are valid during the
  /// call only.
  ///
  /// Returns an empty error_code when the sink has taken responsibility for the line: it is written, or kept
  /// and written later. Any other value is the reason why the line is lost. May throw: the pipeline counts
  /// and reports that as a lost line too, and the caller of the logger never sees it.
  virtual std::error_code write(const record& rec, std::string_view line) = 0;

  /// A record that is to be encoded.
  class line_encoder {
   public:
    /// Appends its line, the newline included, to what stands in `out`; to be called once. Throws when it cannot: what
    /// it left in `out` then is no line.
    virtual void append_to(fmt::memory_buffer& out) const = 0;

   protected:
    ~line_encoder() = default;
  };

  /// The same for a record that is not encoded yet. A sink that gathers lines may let it be encoded right behind them,
  /// which saves a copy; this one lets it be encoded into `spare`, which is empty. The pipeline calls this where it
  /// can, and write() otherwise: when several sinks get the line, or another thread is writing.
  virtual std::error_code encode_and_write(const record& rec, const line_encoder& line,
                                           fmt::memory_buffer& spare) {
    line.append_to(spare);
    return write(rec, {spare.data(), spare.size()});
  }

  /// Writes out what the sink holds back. Returns the reason when something still could not be written; it is
  /// then kept for the next attempt.
  virtual std::error_code flush() { return {}; }

  /// When flush() should be called though nothing more is written: time_point::max() is never, the past is at
  /// once. Counted from the times of the records, so a clock that is set back makes it later. Called as
  /// write() and flush() are, one thread at a time, and may have changed after each of them.
  virtual std::chrono::system_clock::time_point flush_due() const noexcept {
    return std::chrono::system_clock::time_point::max();
  }

  /// Until the next flush(), which is sure to come soon, lines may be kept back and written together, whatever
  /// the sink was told about gathering them. The asynchronous pipeline says so before each of its batches.
  virtual void gather() noexcept {}

  /// Of a sink that appends to a file: from where on the lines given to write() will stand, those kept back
  /// included. What the asynchronous pipeline must know to recover each record exactly once.
  virtual std::optional<file_position> position() const noexcept { return std::nullopt; }

  /// Names the sink in reports, e.g. "stdout" or the file's path. Valid as long as the sink.
  virtual std::string_view name() const noexcept = 0;

 protected:
  sink() = default;
};

}  // namespace ctxlog
