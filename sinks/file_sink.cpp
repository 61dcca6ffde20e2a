// Sink that appends to a file, puts full files aside and notices when somebody else did.
// SPDX-License-Identifier: MIT
#include "ctxlog/sinks/file.hpp"

#include <filesystem>
#include <mutex>
#include <utility>

#include "brief_mutex.hpp"
#include "ctxlog/record.hpp"
#include "log_file.hpp"

namespace ctxlog {

// The pipeline calls one at a time, but reopen() may come in between.
struct file_sink::guarded_file {
  detail::log_file file;
  detail::brief_mutex mutex = {};
};

file_sink::file_sink(std::string path, fd_options writing, const file_options& options)
    : path_(std::move(path)),
      file_(new guarded_file{detail::log_file(std::filesystem::absolute(path_), writing, options)}) {}

file_sink::~file_sink() = default;

std::error_code file_sink::write(const record& rec, std::string_view line) {
  const std::lock_guard lock(file_->mutex);
  return file_->file.write(line, rec.level(), rec.time());
}

std::error_code file_sink::encode_and_write(const record& rec, const line_encoder& line,
                                            fmt::memory_buffer& spare) {
  const std::lock_guard lock(file_->mutex);
  return file_->file.encode_and_write(rec, line, spare);
}

std::error_code file_sink::flush() {
  const std::lock_guard lock(file_->mutex);
  return file_->file.flush();
}

std::chrono::system_clock::time_point file_sink::flush_due() const noexcept {
  const std::lock_guard lock(file_->mutex);
  return std::chrono::time_point_cast<std::chrono::system_clock::duration>(file_->file.flush_due());
}

void file_sink::gather() noexcept {
  const std::lock_guard lock(file_->mutex);
  file_->file.gather();
}

std::optional<file_position> file_sink::position() const noexcept {
  const std::lock_guard lock(file_->mutex);
  return file_->file.position();
}

std::error_code file_sink::reopen() {
  const std::lock_guard lock(file_->mutex);
  return file_->file.reopen();
}

}  // namespace ctxlog
