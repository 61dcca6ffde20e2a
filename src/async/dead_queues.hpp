// The queue file of a process that has ended, read without trust.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "async/decoder.hpp"
#include "async/queue_file.hpp"
#include "async/site_table.hpp"
#include "ctxlog/sink.hpp"
#include "scratch.hpp"

namespace ctxlog::detail {

// What a mark of the file says.
struct written_mark {
  std::string path, schema;
  std::uint64_t device, inode, size;
};

// Holds the file's lock, so that only one process recovers it.
class dead_queues {
 public:
  // Throws std::system_error when the file cannot be read, std::runtime_error when it is not fit.
  static dead_queues open(const std::string& path);
  // Which program's file it is, without opening it for long; empty when it is none, or another user's: anybody may
  // have put it into a directory that many write to.
  static std::string program_of(const std::string& path);
  // The same for bytes in memory.
  explicit dead_queues(std::string bytes);
  dead_queues(dead_queues&& other) noexcept;
  dead_queues& operator=(const dead_queues&) = delete;
  ~dead_queues();

  const std::string& program() const noexcept { return program_; }
  std::int64_t process() const noexcept { return process_; }
  const std::vector<written_mark>& marks() const noexcept { return marks_; }

  // Says in the file that from here on lines may be in that file too, unless it says so already: whoever recovers
  // the rest must know.
  void mark(const file_position&);

  // In the order of their times; the number of queues that end in something else than records.
  template <class Use>
  std::uint64_t for_each_record(scratch& memory, Use use);
  void rewind();  // to the first record

  void remove_file() noexcept;

 private:
  struct source {
    std::string ring;  // twice in a row
    std::uint64_t position, written;
    std::unique_ptr<frame_reader> frames;
    frame_head head{};
    bool has_head = false;
    bool is_damaged = false;
  };

  void read_marks(const file_head&);
  source* oldest();

  std::string bytes_;
  std::string path_;
  int descriptor_ = -1;
  file_layout layout_{};
  std::int64_t process_ = 0;
  std::string program_;
  tick_line clock_;
  std::uint64_t dictionary_used_ = 0;
  std::uint64_t nonce_ = 0;
  std::vector<written_mark> marks_;
  std::vector<source> sources_;
};

template <class Use>
std::uint64_t dead_queues::for_each_record(scratch& memory, Use use) {
  site_reader sites(bytes_.data() + layout_.dictionary(), layout_.dictionary_bytes);
  record_decoder decoder;
  while (source* const from = oldest()) {
    try {
      const site& where = sites.of(from->head.site(), dictionary_used_);
      const record_frame frame{from->position, from->head, from->frames->payload(from->position, from->head)};
      decoder.decode(frame, where, *from->frames, clock_, memory, use);
    } catch (const malformed&) {
      from->is_damaged = true;
    }
    memory.recycle();
    from->position += padded(from->head.size);
    from->has_head = false;
  }
  std::uint64_t damaged = 0;
  for (const source& each : sources_) damaged += each.is_damaged ? 1 : 0;
  return damaged;
}

}  // namespace ctxlog::detail
