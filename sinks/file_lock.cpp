// A lock between processes, and between sinks of one process, on a file of its own.
// SPDX-License-Identifier: MIT
#include "file_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

#include "fork_count.hpp"

namespace ctxlog::detail {

// A descriptor inherited by fork() shares its parent's lock and excludes nobody.
int file_lock::open() noexcept {
  if (file_.get() != -1 && forks_ == fork_count()) return 0;
  constexpr mode_t group_may_lock = 0640;
  file_ = unique_descriptor(
      ::open(path_.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, group_may_lock));
  forks_ = fork_count();
  return file_.get() == -1 ? errno : 0;
}

int file_lock::lock() noexcept {
  if (const int reason = open()) return reason;
  while (::flock(file_.get(), LOCK_EX) == -1)
    if (errno != EINTR) return errno;
  return 0;
}

void file_lock::unlock() noexcept { ::flock(file_.get(), LOCK_UN); }

}  // namespace ctxlog::detail
