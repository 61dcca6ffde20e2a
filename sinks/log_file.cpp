// The file behind a path: opened, watched, put aside when its time has come.
// SPDX-License-Identifier: MIT
#include "log_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <stdexcept>
#include <utility>

#include "diagnostics.hpp"

namespace ctxlog::detail {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto retry_after = 10s;

std::error_code system_error_of(int reason) noexcept { return {reason, std::generic_category()}; }

// Returns no descriptor and leaves the reason in errno when the file is missing or not fit for a log.
unique_descriptor open_for_append(const fs::path& path) noexcept {
  constexpr int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
  constexpr mode_t owner_writes_group_reads = 0640;
  unique_descriptor file(::open(path.c_str(), flags, owner_writes_group_reads));
  struct stat status {};
  if (file.get() == -1 || ::fstat(file.get(), &status) == -1) return {};
  if (S_ISREG(status.st_mode) || S_ISCHR(status.st_mode) || S_ISFIFO(status.st_mode)) return file;
  errno = ENOTSUP;
  return {};
}

const char* explain(int reason) noexcept {
  switch (reason) {
    case ENOENT:
      return "its directory does not exist and is not created";
    case ELOOP:
      return "it is a symbolic link, which is not followed";
    case EISDIR:
      return "it is a directory";
    case ENXIO:
      return "it is a FIFO that no process reads, or a socket";
    case ENOTSUP:
      return "expected a regular file, a character device or a FIFO";
    default:
      return "expected a file that can be appended to";
  }
}

unique_descriptor open_or_throw(const fs::path& path) {
  auto file = open_for_append(path);
  if (file.get() != -1) return file;
  const int reason = errno;
  throw std::system_error(reason, std::generic_category(),
                          "cannot open the log file \"" + path.string() + "\": " + explain(reason));
}

bool is_on(const rotation_options& options) noexcept {
  return options.max_bytes != 0 || options.interval != 0s || options.time_of_day;
}

void check(const fs::path& path, const file_options& options) {
  const auto& rotation = options.rotation;
  const auto refuse = [&](const char* expected) {
    throw std::invalid_argument("log file \"" + path.string() + "\": expected " + expected);
  };
  if (rotation.interval < 0s || rotation.keep_for < 0s || options.watch_interval < 0ms)
    refuse("durations that are not negative");
  if (rotation.time_of_day && (*rotation.time_of_day < 0s || *rotation.time_of_day >= 24h))
    refuse("a time of day from 0 to 24 hours");
}

// A batch goes to one file, so it must fit there.
fd_options limited(fd_options writing, const rotation_options& rotation) noexcept {
  if (rotation.max_bytes != 0)
    writing.buffer_size = std::min<std::uint64_t>(writing.buffer_size, rotation.max_bytes);
  return writing;
}

struct stat status_of(int descriptor) noexcept {
  struct stat status {};
  ::fstat(descriptor, &status);
  return status;
}

std::uint64_t size_of(int descriptor) noexcept {
  return static_cast<std::uint64_t>(status_of(descriptor).st_size);
}

}  // namespace

log_file::log_file(fs::path path, fd_options writing, const file_options& options)
    : descriptor_writer(open_or_throw(path), limited(writing, options.rotation)),
      path_(std::move(path)),
      syncs_(writing.sync != sync_policy::never),
      watch_interval_(options.watch_interval),
      answered_requests_(reopen_requests.load(std::memory_order_relaxed)),
      next_watch_(watch_interval_ > 0ms ? time_point::min() : time_point::max()),
      next_rotation_(time_point::max()) {
  check(path_, options);
  if (syncs_) sync_directory();
  if (!is_on(options.rotation)) return;
  const struct stat status = status_of(descriptor());
  if (!S_ISREG(status.st_mode))
    throw std::system_error(ENOTSUP, std::generic_category(),
                            "cannot rotate \"" + path_.string() + "\": expected a regular file");
  rotation_.emplace(path_, options.rotation);
  if (options.rotation.max_bytes != 0) limit_writes(options.rotation.max_bytes);
  const time_point last_written(std::chrono::seconds(status.st_mtim.tv_sec));
  next_rotation_ =
      status.st_size == 0 ? time_point::min() : detail::next_rotation(options.rotation, last_written);
}

log_file::~log_file() { descriptor_writer::flush(); }

void log_file::prepare(time_point time) noexcept {
  begin(time);
  if (time >= next_look_) look_around();
  if (is_asked_to_reopen()) reopen_or_report();
}

std::error_code log_file::flush() {
  if (is_asked_to_reopen()) reopen_or_report();
  return descriptor_writer::flush();
}

log_file::time_point log_file::flush_due() const noexcept {
  return is_asked_to_reopen() ? time_point::min() : descriptor_writer::flush_due();
}

std::error_code log_file::reopen() noexcept {
  answered_requests_ = reopen_requests.load(std::memory_order_relaxed);
  auto fresh = open_for_append(path_);
  if (fresh.get() == -1) return system_error_of(errno);
  if (const std::error_code error = descriptor_writer::flush())
    report("cannot flush the old log file", error);
  replace_target(std::move(fresh));
  was_missing_ = false;
  if (syncs_) sync_directory();
  return {};
}

void log_file::reopen_or_report() noexcept {
  const std::error_code error = reopen();
  if (!error) return;
  report("cannot reopen the log file", error);
  next_watch_ = std::min<time_point>(next_watch_, time() + retry_after);
  plan_next_look();
}

void log_file::look_around() noexcept {
  if (time() >= next_watch_) {
    next_watch_ = watch_interval_ > 0ms ? time() + watch_interval_ : time_point::max();
    look_at_path();
  }
  if (time() >= next_rotation_) rotate_by_time();
  plan_next_look();
}

void log_file::plan_next_look() noexcept { next_look_ = std::min(next_watch_, next_rotation_); }

// Whoever renamed the file has until the next look to make the new one, since logrotate fails when that exists.
// The renamed file takes lines until then, one that was removed does not.
void log_file::look_at_path() noexcept {
  const shown now = what_path_shows();
  const bool may_yet_be_made = now == shown::nothing && !was_missing_ && watch_interval_ > 0ms &&
                               status_of(descriptor()).st_nlink != 0;
  was_missing_ = now == shown::nothing;
  if (now != shown::our_file && !may_yet_be_made) reopen_or_report();
}

log_file::shown log_file::what_path_shows() const noexcept {
  struct stat status {};
  if (::lstat(path_.c_str(), &status) == -1) return errno == ENOENT ? shown::nothing : shown::our_file;
  const struct stat open = status_of(descriptor());
  return status.st_dev == open.st_dev && status.st_ino == open.st_ino ? shown::our_file : shown::another;
}

log_file::outcome log_file::put(std::string_view bytes) noexcept {
  if (!rotation_ || is_torn()) return descriptor_writer::put(bytes);
  if (const int reason = rotation_->lock.lock()) {
    report("cannot take turns with other processes, so do not rotate the log file", system_error_of(reason));
    return descriptor_writer::put(bytes);
  }
  const outcome result = put_in_turn(bytes);
  rotation_->lock.unlock();
  return result;
}

log_file::outcome log_file::put_in_turn(std::string_view bytes) noexcept {
  follow_others();
  const std::uint64_t limit = rotation_->options.max_bytes;
  std::uint64_t size = size_of(descriptor());
  const bool full = limit != 0 && size != 0 && size + bytes.size() > limit;
  if (full && time() >= next_attempt_ && rotate()) size = 0;
  outcome result = descriptor_writer::put(bytes);
  if (!result.error || result.written == 0) return result;
  // Nobody else writes now, so the torn line can be taken back.
  const std::size_t whole_lines = bytes.substr(0, result.written).rfind('\n') + 1;
  if (::ftruncate(descriptor(), static_cast<off_t>(size + whole_lines)) == 0) result.written = whole_lines;
  return result;
}

// A file that another process has put aside may be compressed already: nothing more must be written there.
bool log_file::follow_others() noexcept {
  if (what_path_shows() == shown::our_file) return false;
  auto fresh = open_for_append(path_);
  if (fresh.get() == -1) {
    report("cannot follow the log file's rotation", system_error_of(errno));
    return false;
  }
  replace_target(std::move(fresh));
  next_rotation_ = detail::next_rotation(rotation_->options, std::chrono::system_clock::now());
  plan_next_look();
  return true;
}

void log_file::rotate_by_time() noexcept {
  if (next_rotation_ == time_point::min()) {
    next_rotation_ = detail::next_rotation(rotation_->options, time());
    return;
  }
  drain();  // to the file that these lines belong to
  if (time() < next_rotation_) return;
  next_rotation_ = time() + retry_after;
  if (is_torn() || rotation_->lock.lock() != 0) return;
  if (!follow_others() && (size_of(descriptor()) == 0 || rotate()))
    next_rotation_ = detail::next_rotation(rotation_->options, time());
  rotation_->lock.unlock();
}

// To be called when it is this process's turn.
bool log_file::rotate() noexcept {
  std::error_code error;
  try {
    error = put_aside();
  } catch (...) {
    error = make_error_code(std::errc::not_enough_memory);
  }
  if (!error) return true;
  next_attempt_ = time() + retry_after;
  report("cannot rotate the log file", error);
  return false;
}

std::error_code log_file::put_aside() {
  const std::string aside = rotation_->files.free_path(time());
  if (::rename(path_.c_str(), aside.c_str()) == -1) return system_error_of(errno);
  auto fresh = open_for_append(path_);
  if (fresh.get() == -1) {
    const int reason = errno;
    ::rename(aside.c_str(), path_.c_str());
    return system_error_of(reason);
  }
  ::fchmod(fresh.get(), status_of(descriptor()).st_mode & 07777);
  replace_target(std::move(fresh));
  if (syncs_) sync_directory();
  settle(aside);
  return {};
}

void log_file::settle(const std::string& aside) noexcept {
  try {
    rotation_->files.settle(aside, time());
  } catch (...) {
    report("cannot compress or remove rotated log files", make_error_code(std::errc::not_enough_memory));
  }
}

// A new name is safe from a power failure when its directory is.
void log_file::sync_directory() const noexcept {
  const unique_descriptor directory(::open(path_.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() == -1 || ::fsync(directory.get()) == -1)
    report("cannot sync the directory of the log file", system_error_of(errno));
}

void log_file::report(std::string_view what, std::error_code why) const noexcept {
  try {
    report_trouble(trouble::sink, fmt::format("{} \"{}\": {}", what, path_.string(), why.message()));
  } catch (...) {  // out of memory
  }
}

}  // namespace ctxlog::detail
