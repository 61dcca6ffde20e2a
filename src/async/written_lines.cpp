// Looking for lines in log files.
// SPDX-License-Identifier: MIT
#include "async/written_lines.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

namespace ctxlog::detail {
namespace {

bool is(const std::string& path, const written_mark& mark) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && status.st_dev == mark.device &&
         status.st_ino == mark.inode;
}

// Empty when it is not in the directory of its path any more.
std::string renamed(const written_mark& mark) {
  std::error_code ignored;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(mark.path).parent_path(), ignored))
    if (is(entry.path().string(), mark)) return entry.path().string();
  return {};
}

}  // namespace

written_lines::written_lines(const written_mark& mark) : mark_(mark) {
  if (is(mark.path, mark)) {
    add(mark.path, mark.size);
    return;
  }
  if (const std::string before = renamed(mark); !before.empty()) add(before, mark.size);
  add(mark.path, 0);
}

void written_lines::add(const std::string& path, std::uint64_t from) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (descriptor == -1) return;
  std::string text;
  char block[64 * 1024];
  for (auto at = static_cast<off_t>(from);;) {
    const ssize_t count = ::pread(descriptor, block, sizeof block, at);
    if (count <= 0) break;
    text.append(block, static_cast<std::size_t>(count));
    at += count;
  }
  ::close(descriptor);
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    if (end == rest.npos) {
      torn_ = rest;
      return;
    }
    ++lines_[std::string(rest.substr(0, end + 1))];
    rest.remove_prefix(end + 1);
  }
  torn_.clear();
}

std::string_view written_lines::missing(std::string_view line) {
  const auto found = lines_.find(std::string(line));
  if (found == lines_.end() || found->second == 0) return line;
  --found->second;
  return {};
}

std::string_view written_lines::complete(std::string_view line) {
  if (!is_torn() || !line.starts_with(torn_)) return {};
  ++lines_[std::string(line)];
  line.remove_prefix(torn_.size());
  torn_.clear();
  return line;
}

}  // namespace ctxlog::detail
