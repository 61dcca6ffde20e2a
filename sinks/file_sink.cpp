// Sink that appends to a file.
// SPDX-License-Identifier: MIT
#include "ctxlog/sinks/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "descriptor_writer.hpp"

namespace ctxlog {
namespace {

using detail::descriptor_writer;
using detail::unique_descriptor;

// Returns no descriptor and leaves the reason in errno when the file is missing or not fit for a log.
unique_descriptor open_for_append(const std::string& path) {
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

unique_descriptor open_or_throw(const std::string& path) {
  auto file = open_for_append(path);
  if (file.get() != -1) return file;
  const int reason = errno;
  throw std::system_error(reason, std::generic_category(),
                          "cannot open the log file \"" + path + "\": " + explain(reason));
}

}  // namespace

file_sink::file_sink(std::string path, fd_options options)
    : path_(std::move(path)), writer_(std::make_unique<descriptor_writer>(open_or_throw(path_), options)) {}

file_sink::~file_sink() = default;

std::error_code file_sink::write(const record&, std::string_view line) {
  const std::lock_guard lock(mutex_);
  return writer_->write(line);
}

std::error_code file_sink::flush() {
  const std::lock_guard lock(mutex_);
  return writer_->flush();
}

std::error_code file_sink::reopen() {
  auto fresh = open_for_append(path_);
  if (fresh.get() == -1) return std::error_code(errno, std::generic_category());
  const std::lock_guard lock(mutex_);
  writer_->redirect(std::move(fresh));
  return {};
}

}  // namespace ctxlog
