// The file behind a path: opened, watched, put aside when its time has come.
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>

#include "ctxlog/sinks/file.hpp"
#include "descriptor_writer.hpp"
#include "file_lock.hpp"
#include "reopen_requests.hpp"
#include "rotated_files.hpp"

namespace ctxlog::detail {

/// The machine behind file_sink, which states its rules. One thread at a time.
class log_file final : public descriptor_writer {
 public:
  /// Throws as file_sink does.
  log_file(std::filesystem::path path, fd_options writing, const file_options& options);
  ~log_file() override;

  std::error_code write(std::string_view line, level severity, time_point time) {
    look_around_in_time(time);
    return descriptor_writer::write(line, severity, time);
  }
  std::error_code encode_and_write(const record& rec, const sink::line_encoder& line,
                                   fmt::memory_buffer& spare) {
    look_around_in_time(rec.time());
    return descriptor_writer::encode_and_write(rec, line, spare);
  }
  std::error_code flush();
  std::error_code reopen() noexcept;
  time_point flush_due() const noexcept;

 private:
  struct rotation {
    rotation(const std::filesystem::path& path, const rotation_options& how)
        : options(how), files(path, how), lock(path.string() + ".lock") {}

    rotation_options options;
    rotated_files files;
    file_lock lock;
  };

  enum class shown { our_file, another, nothing };

  bool is_asked_to_reopen() const noexcept {
    return reopen_requests.load(std::memory_order_relaxed) != answered_requests_;
  }

  void look_around_in_time(time_point time) noexcept {
    if (time >= next_look_ || is_asked_to_reopen()) prepare(time);
  }

  outcome put(std::string_view bytes) noexcept override;
  outcome put_in_turn(std::string_view bytes) noexcept;
  void prepare(time_point time) noexcept;
  void look_around() noexcept;
  void plan_next_look() noexcept;
  void reopen_or_report() noexcept;
  void look_at_path() noexcept;
  shown what_path_shows() const noexcept;
  bool follow_others() noexcept;
  void rotate_by_time() noexcept;
  bool rotate() noexcept;
  std::error_code put_aside();
  void settle(const std::string& aside) noexcept;
  void sync_directory() const noexcept;
  void report(std::string_view what, std::error_code why) const noexcept;

  const std::filesystem::path path_;
  const bool syncs_;
  const std::chrono::milliseconds watch_interval_;
  std::optional<rotation> rotation_;
  unsigned answered_requests_;
  bool was_missing_ = false;                     // the path showed nothing at the last look
  time_point next_watch_;                        // max(): not watched
  time_point next_rotation_;                     // by time; min(): not known before the first record
  time_point next_attempt_ = time_point::min();  // to rotate by size, later after a failure
  time_point next_look_ = time_point::min();     // the earlier of next_watch_ and next_rotation_
};

}  // namespace ctxlog::detail
