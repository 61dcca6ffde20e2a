// Compresses rotated log files with gzip; link ctxlog::gzip, which brings zlib.
// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>
#include <utility>

namespace ctxlog {

namespace detail {

// A descriptor, and a path that is removed again when something fails.
struct gzip_file {
  gzip_file(const std::string& opened, int flags, mode_t mode = 0)
      : descriptor(::open(opened.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, mode)) {
    if (descriptor == -1) gzip_failed(opened);
  }
  gzip_file(const gzip_file&) = delete;
  gzip_file& operator=(const gzip_file&) = delete;
  ~gzip_file() {
    if (descriptor != -1) ::close(descriptor);
    if (!unfinished.empty()) ::unlink(unfinished.c_str());
  }

  [[noreturn]] static void gzip_failed(const std::string& path) {
    throw std::system_error(errno == 0 ? EIO : errno, std::generic_category(), "cannot compress " + path);
  }

  int descriptor;
  std::string unfinished;
};

inline void gzip_copy(int from, gzFile to, const std::string& path) {
  std::array<char, 65536> block;
  for (;;) {
    const ssize_t count = ::read(from, block.data(), block.size());
    if (count == 0) return;
    if (count == -1 && errno == EINTR) continue;
    if (count == -1 || ::gzwrite(to, block.data(), static_cast<unsigned>(count)) == 0)
      gzip_file::gzip_failed(path);
  }
}

}  // namespace detail

/// For `rotation_options::compress`: replaces the file at `path` by `path.gz` of the same mode. Any thread.
/// Throws std::system_error, also when `path.gz` exists already; the file at `path` then stays as it was. It
/// is removed only after the compressed one is complete and on the disk.
inline void gzip(const std::string& path) {
  errno = 0;
  const std::string unfinished = path + ".gz.part", finished = path + ".gz";
  const detail::gzip_file in(path, O_RDONLY);
  struct stat status {};
  if (::fstat(in.descriptor, &status) == -1) detail::gzip_file::gzip_failed(path);
  detail::gzip_file out(unfinished, O_WRONLY | O_CREAT | O_EXCL, 0600);
  out.unfinished = unfinished;

  const gzFile packed = ::gzdopen(::fcntl(out.descriptor, F_DUPFD_CLOEXEC, 3), "wb");
  if (packed == nullptr) detail::gzip_file::gzip_failed(path);
  try {
    detail::gzip_copy(in.descriptor, packed, path);
  } catch (...) {
    ::gzclose(packed);
    throw;
  }
  if (::gzclose(packed) != Z_OK || ::fchmod(out.descriptor, status.st_mode & 07777) == -1 ||
      ::fsync(out.descriptor) == -1)
    detail::gzip_file::gzip_failed(path);
  if (::link(unfinished.c_str(), finished.c_str()) == -1) detail::gzip_file::gzip_failed(finished);
  ::unlink(path.c_str());
}

}  // namespace ctxlog
