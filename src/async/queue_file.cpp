// Making, locking and mapping the file of the queues.
// SPDX-License-Identifier: MIT
#include "async/queue_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <random>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace ctxlog::detail {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

char* map(void* at, std::size_t size, int descriptor, std::size_t offset, int flags = 0) noexcept {
  void* const memory =
      ::mmap(at, size, PROT_READ | PROT_WRITE, MAP_SHARED | flags, descriptor, static_cast<off_t>(offset));
  return memory == MAP_FAILED ? nullptr : static_cast<char*>(memory);
}

// A child of fork() must not write into the queues of its parent.
void keep_from_children(void* memory, std::size_t size) noexcept { ::madvise(memory, size, MADV_DONTFORK); }

// Of this opening of the file, not of the process (fcntl(2)): neither another opening in the same process nor its
// closing undoes it.
void lock(int descriptor) {
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  while (::fcntl(descriptor, F_OFD_SETLKW, &whole) != 0)
    if (errno != EINTR) return;
}

}  // namespace

std::string program_path() {
  std::string path(4096, '\0');
  const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size());
  path.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  constexpr std::string_view replaced = " (deleted)";  // by another version of the program
  if (path.ends_with(replaced)) path.resize(path.size() - replaced.size());
  return path;
}

std::string queue_directory(const std::string& chosen) {
  if (!chosen.empty()) {
    if (::access(chosen.c_str(), W_OK | X_OK) != 0)
      fail(fmt::format("the directory \"{}\" for the log queues", chosen));
    return chosen;
  }
  std::string directory = fmt::format("/dev/shm/ctxlog-{}", ::geteuid());
  constexpr mode_t owner_only = 0700;
  if (::mkdir(directory.c_str(), owner_only) != 0 && errno != EEXIST)
    fail(fmt::format("cannot make the directory \"{}\" for the log queues", directory));
  struct stat status {};
  if (::lstat(directory.c_str(), &status) != 0) fail(directory);
  if (!S_ISDIR(status.st_mode) || status.st_uid != ::geteuid() || (status.st_mode & 077) != 0)
    throw std::runtime_error(fmt::format(
        "the directory \"{}\" for the log queues: expected one that belongs to this user alone", directory));
  return directory;
}

queue_file queue_file::create(const file_layout& layout, const std::string& directory) {
  std::random_device random;
  const std::string program = program_path();
  const std::string path = fmt::format("{}/{}-{}-{:08x}{}", directory, program.substr(program.rfind('/') + 1),
                                       ::getpid(), random(), queue_file_suffix);
  const std::string unfinished = path + ".new";
  constexpr mode_t owner_only = 0600;
  const int descriptor =
      ::open(unfinished.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, owner_only);
  if (descriptor == -1) fail(fmt::format("cannot make the file \"{}\" for the log queues", unfinished));
  queue_file made(descriptor, layout, unfinished);
  // Nobody finds it before it is locked and complete.
  if (::rename(unfinished.c_str(), path.c_str()) != 0)
    fail(fmt::format("cannot make the file \"{}\" for the log queues", path));
  made.path_ = path;
  return made;
}

queue_file queue_file::in_memory(const file_layout& layout) {
  const int descriptor = ::memfd_create("ctxlog-queues", MFD_CLOEXEC);
  if (descriptor == -1) fail("cannot make memory for the log queues");
  return queue_file(descriptor, layout, {});
}

queue_file::queue_file(int descriptor, const file_layout& layout, std::string path)
    : descriptor_(descriptor), layout_(layout), path_(std::move(path)) {
  lock(descriptor_);
  const std::size_t shared = layout_.queue(0);
  const int reason = ::ftruncate(descriptor_, static_cast<off_t>(layout_.size())) != 0
                         ? errno
                         // Room that is missing would be a signal (SIGBUS) later.
                         : ::posix_fallocate(descriptor_, 0, static_cast<off_t>(shared));
  if (reason == 0) base_ = map(nullptr, shared, descriptor_, 0);
  if (!base_) {
    if (!path_.empty()) ::unlink(path_.c_str());
    ::close(descriptor_);
    throw std::system_error(
        reason ? reason : errno, std::generic_category(),
        fmt::format("cannot make \"{}\" of {} bytes for the log queues", path_, layout_.size()));
  }
  keep_from_children(base_, shared);
  auto& made = *new (base_) file_head{};
  made.version = queue_file_version;
  made.queue_count = layout_.queue_count;
  made.queue_bytes = layout_.queue_bytes;
  made.dictionary_bytes = layout_.dictionary_bytes;
  std::random_device random;
  made.nonce = std::uint64_t{random()} << 32 | random();
  made.process = ::getpid();
  const std::string program = program_path();
  std::copy_n(program.data(), std::min(program.size(), made.program.size() - 1), made.program.data());
  made.lines[0] = tick_clock(ticks_are_cycles()).line();
  made.magic = queue_file_magic;
}

queue_file::queue_file(queue_file&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      layout_(other.layout_),
      path_(std::move(other.path_)),
      base_(std::exchange(other.base_, nullptr)) {}

queue_file::~queue_file() {
  if (descriptor_ == -1) return;
  remove_name();
  if (base_) ::munmap(base_, layout_.queue(0));
  ::close(descriptor_);
}

queue_file::ring queue_file::map_queue(std::size_t n) noexcept {
  const std::size_t offset = layout_.queue(n), bytes = layout_.queue_bytes;
  if (::posix_fallocate(descriptor_, static_cast<off_t>(offset), static_cast<off_t>(page_bytes + bytes)) != 0)
    return {};
  void* const room =
      ::mmap(nullptr, page_bytes + 2 * bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (room == MAP_FAILED) return {};
  char* const first = static_cast<char*>(room);
  // Populated now: a page fault would be the caller's.
  if (!map(first, page_bytes + bytes, descriptor_, offset, MAP_FIXED | MAP_POPULATE) ||
      !map(first + page_bytes + bytes, bytes, descriptor_, offset + page_bytes, MAP_FIXED | MAP_POPULATE)) {
    ::munmap(first, page_bytes + 2 * bytes);
    return {};
  }
  keep_from_children(first, page_bytes + 2 * bytes);
  return {reinterpret_cast<queue_head*>(first), first + page_bytes};
}

void queue_file::unmap_queue(const ring& mapped) noexcept {
  ::munmap(mapped.head, page_bytes + 2 * std::size_t{layout_.queue_bytes});
}

void queue_file::remove_name() noexcept {
  if (!path_.empty()) ::unlink(path_.c_str());
  path_.clear();
}

void queue_file::forget() noexcept {
  ::close(descriptor_);
  descriptor_ = -1;
  path_.clear();
  base_ = nullptr;
}

}  // namespace ctxlog::detail
