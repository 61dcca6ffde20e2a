// Opening and checking the queue file of a process that has ended.
// SPDX-License-Identifier: MIT
#include "async/dead_queues.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <tuple>
#include <utility>

namespace ctxlog::detail {
namespace {

[[noreturn]] void refuse(const std::string& path, std::string_view why) {
  throw std::runtime_error(fmt::format("\"{}\": {}", path, why));
}

[[noreturn]] void fail(const std::string& path, const char* what) {
  throw std::system_error(errno, std::generic_category(), fmt::format("cannot {} \"{}\"", what, path));
}

// Where nothing was ever written there is nothing to read: queues that no thread took have no room in the file.
std::string read_all(int descriptor, std::size_t size, const std::string& path) {
  std::string bytes(size, '\0');
  for (off_t at = 0; static_cast<std::size_t>(at) < size;) {
    const off_t data = ::lseek(descriptor, at, SEEK_DATA);
    if (data == -1 && errno == ENXIO) break;
    const off_t from = data == -1 ? at : data;
    off_t to = data == -1 ? static_cast<off_t>(size) : ::lseek(descriptor, from, SEEK_HOLE);
    if (to <= from) to = static_cast<off_t>(size);
    for (off_t next = from; next < to;) {
      const ssize_t count =
          ::pread(descriptor, bytes.data() + next, static_cast<std::size_t>(to - next), next);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) fail(path, "read");
      next += count;
    }
    at = to;
  }
  return bytes;
}

// While it is locked.
std::int64_t process_of(int descriptor) noexcept {
  std::int64_t process = 0;
  if (::pread(descriptor, &process, sizeof process, offsetof(file_head, process)) < 0) return 0;
  return process;
}

template <std::size_t N>
std::string text_of(const std::array<char, N>& bytes) {
  return std::string(bytes.data(), ::strnlen(bytes.data(), N));
}

// The parts of the file are read where they are, however they are aligned in memory.
template <class T>
T read_at(const std::string& bytes, std::size_t offset) {
  T result;
  std::memcpy(static_cast<void*>(&result), bytes.data() + offset, sizeof result);
  return result;
}

}  // namespace

dead_queues dead_queues::open(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor == -1) fail(path, "open");
  try {
    struct stat status {};
    if (::fstat(descriptor, &status) != 0) fail(path, "look at");
    constexpr off_t most = off_t{5} << 30;
    if (!S_ISREG(status.st_mode) || status.st_size > most) refuse(path, "expected a queue file of ctxlog");
    struct flock whole {};
    whole.l_type = F_WRLCK;
    whole.l_whence = SEEK_SET;
    if (::fcntl(descriptor, F_OFD_SETLK, &whole) != 0)
      refuse(path, fmt::format("it belongs to process {}, which still runs, or is being recovered",
                               process_of(descriptor)));
    struct stat present {};
    if (::stat(path.c_str(), &present) != 0 || present.st_dev != status.st_dev ||
        present.st_ino != status.st_ino)
      refuse(path, "another process has recovered it");
    dead_queues opened(read_all(descriptor, static_cast<std::size_t>(status.st_size), path));
    opened.path_ = path;
    opened.descriptor_ = descriptor;
    return opened;
  } catch (const malformed&) {
    ::close(descriptor);
    refuse(path, "expected a queue file of ctxlog");
  } catch (...) {
    ::close(descriptor);
    throw;
  }
}

std::string dead_queues::program_of(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (descriptor == -1) return {};
  std::array<char, offsetof(file_head, program) + sizeof(file_head::program)> bytes{};
  struct stat status {};
  const bool is_own = ::fstat(descriptor, &status) == 0 && status.st_uid == ::geteuid();
  const ssize_t count = ::pread(descriptor, bytes.data(), bytes.size(), 0);
  ::close(descriptor);
  if (!is_own || count != static_cast<ssize_t>(bytes.size()) ||
      !std::equal(queue_file_magic.begin(), queue_file_magic.end(), bytes.begin()))
    return {};
  const std::string_view program(bytes.data() + offsetof(file_head, program), sizeof(file_head::program));
  return std::string(program.substr(0, program.find('\0')));
}

dead_queues::dead_queues(std::string bytes) : bytes_(std::move(bytes)) {
  if (bytes_.size() < page_bytes) throw malformed();
  // Plain copies of the words that are atomic in the living file.
  struct plain_head {
    alignas(file_head) std::array<char, sizeof(file_head)> bytes;
  };
  const auto copied = read_at<plain_head>(bytes_, 0);
  const auto& head = *reinterpret_cast<const file_head*>(copied.bytes.data());
  if (head.magic != queue_file_magic || head.version != queue_file_version) throw malformed();
  layout_ = {head.queue_count, head.queue_bytes, head.dictionary_bytes};
  constexpr std::uint32_t most_bytes = 64 * 1024 * 1024, most_queues = 1u << 20;
  if (layout_.queue_bytes < page_bytes || layout_.queue_bytes > most_bytes ||
      !std::has_single_bit(layout_.queue_bytes) || layout_.queue_count > most_queues ||
      layout_.dictionary_bytes > most_bytes || layout_.dictionary_bytes % page_bytes != 0 ||
      layout_.size() > bytes_.size())
    throw malformed();
  process_ = head.process;
  program_ = text_of(head.program);
  clock_ = head.lines[head.line.load(std::memory_order_relaxed) & 1];
  dictionary_used_ = head.dictionary_used.load(std::memory_order_relaxed);
  nonce_ = head.nonce;
  read_marks(head);
  rewind();
}

dead_queues::dead_queues(dead_queues&& other) noexcept
    : bytes_(std::move(other.bytes_)),
      path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      layout_(other.layout_),
      process_(other.process_),
      program_(std::move(other.program_)),
      clock_(other.clock_),
      dictionary_used_(other.dictionary_used_),
      nonce_(other.nonce_),
      marks_(std::move(other.marks_)),
      sources_(std::move(other.sources_)) {}

dead_queues::~dead_queues() {
  if (descriptor_ != -1) ::close(descriptor_);
}

void dead_queues::read_marks(const file_head& head) {
  const std::uint32_t count = head.mark_count.load(std::memory_order_relaxed);
  for (std::uint32_t i = 0; i < count && i < head.marks.size(); ++i) {
    const sink_mark& mark = head.marks[i];
    marks_.push_back({text_of(mark.path), text_of(mark.schema), mark.device, mark.inode, mark.size});
  }
}

void dead_queues::mark(const file_position& from) {
  const bool is_known = std::any_of(marks_.begin(), marks_.end(),
                                    [&](const written_mark& each) { return each.path == from.path; });
  sink_mark made{};
  if (is_known || marks_.size() == std::tuple_size_v<decltype(file_head::marks)> ||
      from.path.size() >= made.path.size())
    return;
  from.path.copy(made.path.data(), from.path.size());
  made.device = from.device;
  made.inode = from.inode;
  made.size = from.size;
  const auto count = static_cast<std::uint32_t>(marks_.size() + 1);
  const auto at = static_cast<off_t>(offsetof(file_head, marks) + marks_.size() * sizeof made);
  if (::pwrite(descriptor_, &made, sizeof made, at) != static_cast<ssize_t>(sizeof made) ||
      ::pwrite(descriptor_, &count, sizeof count, offsetof(file_head, mark_count)) !=
          static_cast<ssize_t>(sizeof count))
    fail(path_, "write to");
  marks_.push_back({std::string(from.path), {}, from.device, from.inode, from.size});
}

void dead_queues::rewind() {
  sources_.clear();
  for (std::uint32_t n = 0; n < layout_.queue_count; ++n) {
    const std::size_t at = layout_.queue(n);
    const auto written = read_at<std::uint64_t>(bytes_, at + offsetof(queue_head, written));
    const auto read = read_at<std::uint64_t>(bytes_, at + offsetof(queue_head, read));
    if (written == read) continue;
    source& made = sources_.emplace_back();
    const std::string_view ring(bytes_.data() + at + page_bytes, layout_.queue_bytes);
    made.ring.reserve(2 * ring.size());
    made.ring.append(ring).append(ring);
    made.position = read;
    made.written = written;
    made.is_damaged = written < read || written - read > layout_.queue_bytes || read % 8 != 0;
    made.frames = std::make_unique<frame_reader>(made.ring.data(), layout_.queue_bytes - 1, nonce_);
  }
}

dead_queues::source* dead_queues::oldest() {
  source* result = nullptr;
  for (source& each : sources_) {
    try {
      while (!each.has_head && !each.is_damaged && each.position < each.written) {
        each.head = each.frames->head_at(each.position, each.written);
        each.has_head = each.head.kind() == frame_kind::record;
        if (!each.has_head) each.position += padded(each.head.size);
      }
    } catch (const malformed&) {
      each.is_damaged = true;
    }
    if (each.is_damaged || !each.has_head) continue;
    if (!result || each.head.ticks < result->head.ticks) result = &each;
  }
  return result;
}

void dead_queues::remove_file() noexcept { ::unlink(path_.c_str()); }

}  // namespace ctxlog::detail
