// Writes whole lines to a descriptor and survives everything that can happen on the way.
// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "ctxlog/record.hpp"
#include "ctxlog/sinks/fd.hpp"
#include "fork_count.hpp"
#include "unique_descriptor.hpp"

namespace ctxlog::detail {

/// The machine behind fd_sink and file_sink, which state its rules. One thread at a time. Written to with every line: in
/// cache lines of its own, or what lies beside it in memory would be slow for the threads that read it.
class alignas(64) descriptor_writer {
 public:
  /// Without a descriptor every write() returns EBADF.
  descriptor_writer(unique_descriptor descriptor, fd_options options);
  virtual ~descriptor_writer();
  descriptor_writer(const descriptor_writer&) = delete;
  descriptor_writer& operator=(const descriptor_writer&) = delete;

  using time_point = std::chrono::sys_time<std::chrono::nanoseconds>;

  std::error_code write(std::string_view line, level severity, time_point time) {
    begin(time);
    if (!may_just_hold(severity) || !fits(line.size())) return write_with_care(line, severity);
    held_.append(line.data(), line.data() + line.size());
    return {};
  }
  /// As sink::encode_and_write().
  std::error_code encode_and_write(const record& rec, const sink::line_encoder& line,
                                   fmt::memory_buffer& spare) {
    begin(rec.time());
    if (!may_just_hold(rec.level())) {
      line.append_to(spare);
      return write_with_care({spare.data(), spare.size()}, rec.level());
    }
    const std::size_t start = held_.size();
    try {
      line.append_to(held_);
      if (fits(0)) return {};
      spare.append(held_.data() + start, held_.data() + held_.size());
    } catch (...) {
      held_.resize(start);
      throw;
    }
    held_.resize(start);
    return write_with_care({spare.data(), spare.size()}, rec.level());
  }
  std::error_code flush();
  time_point flush_due() const noexcept;

  /// As sink::gather() and sink::position().
  void gather() noexcept { gathers_ = true; }
  std::optional<file_position> position() const noexcept;

  int descriptor() const noexcept { return target_.descriptor.get(); }

 protected:
  struct outcome {
    std::size_t written;
    std::error_code error;
  };

  /// Writes `bytes`, whole lines except where the rest of a torn one comes first.
  virtual outcome put(std::string_view bytes) noexcept;

  /// To be called with the time of each record before anything is done for it.
  void begin(time_point time) noexcept {
    if (fork_count() != forks_) leave_parents_lines();
    time_ = time;
  }

  /// Writes out what is held back; that which fails stays.
  std::error_code drain() noexcept;

  /// Continues on another descriptor with what is held back; a line that the old one got in part is repeated
  /// whole.
  void replace_target(unique_descriptor descriptor) noexcept;

  /// Whether the descriptor has got a line in part, whose rest must come next.
  bool is_torn() const noexcept { return held_written_ != 0; }

  /// Lines gathered into one write are at most so many bytes.
  void limit_writes(std::uint64_t bytes) noexcept { largest_write_ = bytes; }

  /// Of the latest record.
  time_point time() const noexcept { return time_; }

 private:
  using clock = std::chrono::steady_clock;

  static constexpr std::size_t most_gathered = 256 * 1024;

  struct endpoint {
    explicit endpoint(unique_descriptor owned) noexcept;

    unique_descriptor descriptor;
    bool is_socket = false;
    bool is_regular = false;
    std::string path;  // of a regular file, when it was opened
    int signal = 0;    // what a failing write raises here, 0 for none
  };

  ssize_t put_once(std::string_view bytes) noexcept;
  bool wait_for_room(std::optional<clock::time_point>& deadline) noexcept;
  bool syncs() const noexcept { return options_.sync != sync_policy::never && target_.is_regular; }

  // What most lines need, and nothing more: they join others that have time.
  bool may_just_hold(level severity) const noexcept {
    return !held().empty() && severity < urgent_level_ && time_ >= oldest_ &&
           time_ - oldest_ < options_.flush_after && !unsynced_;
  }
  bool fits(std::size_t more) const noexcept {
    const std::size_t room =
        gathers_ ? std::max(options_.buffer_size, std::min(batch(), largest_write_)) : options_.buffer_size;
    return held_.size() - held_written_ + more <= room;
  }
  // Linux caches what long writes append to a file in large pieces: of 256 KiB each byte costs a fifth less than of 64
  // (6.18, ext4). Pipes and sockets have no room for so much.
  std::size_t batch() const noexcept { return target_.is_regular ? most_gathered : most_gathered / 4; }

  std::error_code write_with_care(std::string_view line, level severity);
  std::string_view held() const noexcept { return {held_.data(), held_.size()}; }
  std::error_code take(std::string_view line);
  void hold(std::string_view line);
  std::error_code sync_as_told(level severity) noexcept;
  std::error_code sync() noexcept;
  void leave_parents_lines() noexcept;

  endpoint target_;
  fd_options options_;
  std::uint64_t largest_write_ = std::numeric_limits<std::uint64_t>::max();
  level urgent_level_;            // from which on a line is not just held
  fmt::memory_buffer held_;       // from the start of a line, whole lines
  std::size_t held_written_ = 0;  // bytes of held_ that are out already: less than its first line
  time_point time_{};             // of the latest record
  time_point oldest_{};           // of the first line in held_, or of the last attempt to write it
  bool unsynced_ = false;
  time_point unsynced_since_{};
  std::error_code sync_error_;  // of a sync that no write() answers for
  bool gathers_ = false;        // until the next flush()
  bool stalled_ = false;        // the last wait for room was in vain
  unsigned forks_;              // the process that filled held_
};

}  // namespace ctxlog::detail
