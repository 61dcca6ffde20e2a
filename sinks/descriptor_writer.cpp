// Writes whole lines to a descriptor and survives everything that can happen on the way.
// SPDX-License-Identifier: MIT
#include "descriptor_writer.hpp"

#include <poll.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>

#include "signal_guard.hpp"

namespace ctxlog::detail {
namespace {

// Counts the fork() calls between the first process and this one.
std::atomic<unsigned> fork_count{0};

unsigned forks_so_far() {
  static const int registered = pthread_atfork(nullptr, nullptr, [] { fork_count.fetch_add(1); });
  static_cast<void>(registered);
  return fork_count.load(std::memory_order_relaxed);
}

bool file_size_is_limited() noexcept {
  rlimit limit{};
  return getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
}

std::size_t start_of_last_line(std::string_view bytes) noexcept { return bytes.rfind('\n') + 1; }

}  // namespace

descriptor_writer::endpoint::endpoint(unique_descriptor owned) noexcept : descriptor(std::move(owned)) {
  struct stat status {};
  if (fstat(descriptor.get(), &status) != 0) return;
  is_socket = S_ISSOCK(status.st_mode);
  if (S_ISFIFO(status.st_mode)) signal = SIGPIPE;
  if (S_ISREG(status.st_mode) && file_size_is_limited()) signal = SIGXFSZ;
}

descriptor_writer::descriptor_writer(unique_descriptor descriptor, fd_options options)
    : target_(std::move(descriptor)), options_(options), forks_(forks_so_far()) {
  using namespace std::chrono_literals;
  options_.block_timeout = std::clamp<std::chrono::milliseconds>(options_.block_timeout, 0ms, 24h);
  held_.reserve(options_.buffer_size);
}

descriptor_writer::~descriptor_writer() { flush(); }

std::error_code descriptor_writer::write(std::string_view line) {
  leave_parents_lines();
  if (!held_.empty() && !fits(line)) {
    const std::error_code error = drain();
    if (error && !fits(line)) return error;
  }
  if (fits(line)) {
    held_ += line;
    return {};
  }
  const auto [written, error] = put(line);
  if (written == 0) return error;
  if (error) {
    const std::size_t torn = start_of_last_line(line.substr(0, written));
    held_ = line.substr(torn);
    held_written_ = written - torn;
  }
  return {};
}

std::error_code descriptor_writer::flush() {
  leave_parents_lines();
  stalled_ = false;
  return drain();
}

void descriptor_writer::redirect(unique_descriptor descriptor) {
  if (flush()) held_written_ = 0;
  target_ = endpoint(std::move(descriptor));
  stalled_ = false;
}

bool descriptor_writer::fits(std::string_view line) const noexcept {
  return held_.size() - held_written_ + line.size() <= options_.buffer_size;
}

std::error_code descriptor_writer::drain() noexcept {
  const auto [written, error] = put(std::string_view(held_).substr(held_written_));
  held_written_ += written;
  const std::size_t whole_lines =
      error ? start_of_last_line(std::string_view(held_).substr(0, held_written_)) : held_.size();
  held_.erase(0, whole_lines);
  held_written_ -= whole_lines;
  return error;
}

// A child of fork() owns a copy of the lines its parent held back; both writing them would double them.
void descriptor_writer::leave_parents_lines() noexcept {
  const unsigned forks = fork_count.load(std::memory_order_relaxed);
  if (forks == forks_) return;
  forks_ = forks;
  held_.clear();
  held_written_ = 0;
}

descriptor_writer::outcome descriptor_writer::put(std::string_view bytes) noexcept {
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
