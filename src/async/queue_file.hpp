// The memory of all queues: one file, mapped, which outlives the process.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tick_clock.hpp"

namespace ctxlog::detail {

// The layout of the file is that of these structures, so that what one process wrote another one reads: on the
// same machine, by the same version of the format.

inline constexpr std::array<char, 8> queue_file_magic{'c', 't', 'x', 'l', 'o', 'g', 'q', '\n'};
inline constexpr std::uint32_t queue_file_version = 1;
inline constexpr std::size_t page_bytes = 4096;

// Where the lines of a file sink end that were in no queue any more when the last batch began.
struct sink_mark {
  std::array<char, 512> path;
  std::array<char, 16> schema;  // as LOG_FORMAT names it; empty: an encoder of the application's own
  std::uint64_t device, inode, size;
};

// Of a program's path; a longer one is cut.
inline constexpr std::size_t longest_program = 255;

struct file_head {
  std::array<char, 8> magic;
  std::uint32_t version;
  std::uint32_t queue_count;
  std::uint32_t queue_bytes;
  std::uint32_t dictionary_bytes;
  std::uint64_t nonce;
  std::int64_t process;
  std::array<char, longest_program + 1> program;
  std::atomic<std::uint64_t> dictionary_used;
  std::atomic<std::uint32_t> line;  // which of the two is valid
  std::array<tick_line, 2> lines;
  std::atomic<std::uint32_t> mark_count;
  std::array<sink_mark, 4> marks;
};
static_assert(sizeof(file_head) <= page_bytes);

struct queue_head {
  alignas(64) std::atomic<std::uint64_t> written;  // position behind the last whole frame
  alignas(64) std::atomic<std::uint64_t> read;     // position of the first frame that is not delivered
};
static_assert(sizeof(queue_head) <= page_bytes);

// The place of things in the file.
struct file_layout {
  std::uint32_t queue_count, queue_bytes, dictionary_bytes;

  std::size_t dictionary() const noexcept { return page_bytes; }
  std::size_t queue(std::size_t n) const noexcept {
    return page_bytes + dictionary_bytes + n * (page_bytes + queue_bytes);
  }
  std::size_t size() const noexcept { return queue(queue_count); }
};

// Owns descriptor and mapping. A file is locked while its process lives; memory without a name dies
// with the process.
class queue_file {
 public:
  // Throws std::system_error that names the path.
  static queue_file create(const file_layout&, const std::string& directory);
  static queue_file in_memory(const file_layout&);

  queue_file(const queue_file&) = delete;
  queue_file& operator=(const queue_file&) = delete;
  queue_file(queue_file&& other) noexcept;
  ~queue_file();  // removes the file's name

  file_head& head() const noexcept { return *reinterpret_cast<file_head*>(base_); }
  char* dictionary() const noexcept { return base_ + layout_.dictionary(); }
  const file_layout& layout() const noexcept { return layout_; }
  const std::string& path() const noexcept { return path_; }  // empty: it has no name

  // Head and ring of a queue, the ring twice in a row, so that no frame is cut at its end. Null when there is
  // no memory for it.
  struct ring {
    queue_head* head;
    char* bytes;
  };
  ring map_queue(std::size_t n) noexcept;
  void unmap_queue(const ring&) noexcept;

  void remove_name() noexcept;

  // For the child of a fork, which has none of the mappings.
  void forget() noexcept;

 private:
  queue_file(int descriptor, const file_layout&, std::string path);

  int descriptor_;
  file_layout layout_;
  std::string path_;
  char* base_ = nullptr;
};

// The directory for the queues of this user, made when it is missing; `chosen` when it is not empty. Throws
// std::system_error or std::runtime_error naming it when it cannot be used.
std::string queue_directory(const std::string& chosen);

// What files of this program and this user are called in it.
inline constexpr std::string_view queue_file_suffix = ".ctxlog-queue";
std::string program_path();

}  // namespace ctxlog::detail
