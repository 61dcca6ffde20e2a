// Writes whole lines to a descriptor and survives everything that can happen on the way.
// SPDX-License-Identifier: MIT
#include "descriptor_writer.hpp"

#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>

#include "signal_guard.hpp"

namespace ctxlog::detail {
namespace {

bool file_size_is_limited() noexcept {
  rlimit limit{};
  return getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
}

std::string path_of(int descriptor) noexcept {
  try {
    return std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(descriptor)).string();
  } catch (...) {  // no /proc, or out of memory
    return {};
  }
}

std::size_t start_of_last_line(std::string_view bytes) noexcept { return bytes.rfind('\n') + 1; }

}  // namespace

descriptor_writer::endpoint::endpoint(unique_descriptor owned) noexcept : descriptor(std::move(owned)) {
  struct stat status {};
  if (fstat(descriptor.get(), &status) != 0) return;
  is_socket = S_ISSOCK(status.st_mode);
  if (S_ISFIFO(status.st_mode)) signal = SIGPIPE;
  is_regular = S_ISREG(status.st_mode);
  if (is_regular && file_size_is_limited()) signal = SIGXFSZ;
  if (is_regular) path = path_of(descriptor.get());
}

descriptor_writer::descriptor_writer(unique_descriptor descriptor, fd_options options)
    : target_(std::move(descriptor)), options_(options) {
  count_forks();
  forks_ = fork_count();
  using namespace std::chrono_literals;
  for (auto* const duration : {&options_.block_timeout, &options_.flush_after, &options_.sync_interval})
    *duration = std::clamp<std::chrono::milliseconds>(*duration, 0ms, 24h);
  urgent_level_ = options_.sync == sync_policy::level ? std::min(options_.flush_level, options_.sync_level)
                                                      : options_.flush_level;
  held_.reserve(options_.buffer_size);
}

descriptor_writer::~descriptor_writer() { flush(); }

std::error_code descriptor_writer::write_with_care(std::string_view line, level severity) {
  if (const std::error_code error = take(line)) return error;
  // A line that is held is not lost when this fails: a later attempt writes it, and flush() says why not yet.
  if (!gathers_ && !held().empty() &&
      (severity >= options_.flush_level || time_ - oldest_ >= options_.flush_after))
    drain();
  if (syncs()) return sync_as_told(severity);
  return {};
}

std::error_code descriptor_writer::take(std::string_view line) {
  if (!held().empty() && !fits(line.size())) {
    const std::error_code error = drain();
    if (error && !fits(line.size())) return error;
  }
  if (fits(line.size())) {
    hold(line);
    return {};
  }
  const auto [written, error] = put(line);
  if (written == 0) return error;
  if (error) {
    const std::size_t torn = start_of_last_line(line.substr(0, written));
    hold(line.substr(torn));
    held_written_ = written - torn;
  }
  return {};
}

void descriptor_writer::hold(std::string_view line) {
  if (held().empty() || time_ < oldest_) oldest_ = time_;  // or else the clock was set back
  held_.append(line.data(), line.data() + line.size());
}

std::optional<file_position> descriptor_writer::position() const noexcept {
  struct stat status {};
  if (!target_.is_regular || ::fstat(descriptor(), &status) != 0) return std::nullopt;
  // A torn line is written again as a whole when it must be.
  const auto size = static_cast<std::uint64_t>(status.st_size);
  return file_position{target_.path, status.st_dev, status.st_ino, size - std::min(size, held_written_)};
}

std::error_code descriptor_writer::flush() {
  begin(time_);
  gathers_ = false;
  stalled_ = false;
  std::error_code error = drain();
  const std::error_code not_synced = std::exchange(sync_error_, {});
  if (!error) error = not_synced;
  if (syncs())
    if (const std::error_code failed = sync(); !error) error = failed;
  return error;
}

descriptor_writer::time_point descriptor_writer::flush_due() const noexcept {
  auto due = time_point::max();
  if (!held().empty()) due = oldest_ + options_.flush_after;
  if (unsynced_ && options_.sync == sync_policy::interval)
    due = std::min(due, unsynced_since_ + options_.sync_interval);
  return due;
}

// Returns what the write() under way must answer for.
std::error_code descriptor_writer::sync_as_told(level severity) noexcept {
  switch (options_.sync) {
    case sync_policy::never:
      break;
    case sync_policy::interval:
      if (unsynced_ && time_ - unsynced_since_ >= options_.sync_interval) sync_error_ = sync();
      break;
    case sync_policy::level:
      if (severity < options_.sync_level) break;
      drain();
      return sync();
    case sync_policy::always:
      return sync();
  }
  return {};
}

// After a failure the kernel may have forgotten what it could not write: trying again would prove nothing.
std::error_code descriptor_writer::sync() noexcept {
  if (!unsynced_) return {};
  unsynced_ = false;
  while (::fdatasync(descriptor()) == -1)
    if (errno != EINTR) return std::error_code(errno, std::generic_category());
  return {};
}

void descriptor_writer::replace_target(unique_descriptor descriptor) noexcept {
  if (const std::error_code error = sync()) sync_error_ = error;
  held_written_ = 0;
  target_ = endpoint(std::move(descriptor));
  stalled_ = false;
}

std::error_code descriptor_writer::drain() noexcept {
  if (held().empty()) return {};
  oldest_ = time_;  // a failed attempt is repeated after as long again
  const auto [written, error] = put(held().substr(held_written_));
  held_written_ += written;
  const std::size_t whole_lines = error ? start_of_last_line(held().substr(0, held_written_)) : held_.size();
  std::memmove(held_.data(), held_.data() + whole_lines, held_.size() - whole_lines);
  held_.resize(held_.size() - whole_lines);
  held_written_ -= whole_lines;
  // A long line was encoded here, even if it was not held in the end.
  if (held().empty() && held_.capacity() > 2 * (most_gathered + options_.buffer_size))
    held_ = fmt::memory_buffer();
  return error;
}

// A child of fork() owns a copy of the lines its parent held back; both writing them would double them.
void descriptor_writer::leave_parents_lines() noexcept {
  forks_ = fork_count();
  held_.clear();
  held_written_ = 0;
}

descriptor_writer::outcome descriptor_writer::put(std::string_view bytes) noexcept {
  if (syncs() && !std::exchange(unsynced_, true)) unsynced_since_ = time_;
  signal_guard guard(target_.signal);
  std::optional<clock::time_point> deadline;
  std::size_t written = 0;
  while (written < bytes.size()) {
    const ssize_t count = put_once(bytes.substr(written));
    if (count > 0) {
      written += static_cast<std::size_t>(count);
      stalled_ = false;
      continue;
    }
    const int reason = count == 0 ? EIO : errno;
    if (reason == EINTR || (reason == EAGAIN && wait_for_room(deadline))) continue;
    guard.take_back(reason);
    return {written, std::error_code(reason == EAGAIN ? ETIMEDOUT : reason, std::generic_category())};
  }
  return {written, {}};
}

ssize_t descriptor_writer::put_once(std::string_view bytes) noexcept {
  if (target_.is_socket) return ::send(descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  return ::write(descriptor(), bytes.data(), bytes.size());
}

// Returns false when the deadline, which the first call of a write sets, has passed.
bool descriptor_writer::wait_for_room(std::optional<clock::time_point>& deadline) noexcept {
  if (stalled_) return false;
  const auto now = clock::now();
  if (!deadline) deadline = now + options_.block_timeout;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - now);
  pollfd room{descriptor(), POLLOUT, 0};
  if (left.count() > 0 && ::poll(&room, 1, static_cast<int>(left.count())) != 0) return true;
  stalled_ = true;
  return false;
}

}  // namespace ctxlog::detail
