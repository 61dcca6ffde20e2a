// Numbers for call sites, and a dictionary of them in the file, so that frames need not repeat their texts.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "async/queue_file.hpp"
#include "ctxlog/deferred.hpp"
#include "ctxlog/level.hpp"
#include "ctxlog/record.hpp"

namespace ctxlog::detail {

// How the values of a record are written.
enum class site_form : std::uint8_t {
  typed = 1,    // those of the call, by the types that the site states
  generic = 2,  // those of the call, each with its type
  whole = 3     // the message and all fields, each with its type; refers to no other frame
};

// What the records of a call share. The level and the logger belong to it.
struct site_key {
  const char* text;  // null: not constant, the record brings it
  std::size_t text_size;
  const char* file;
  const char* function;
  const call_signature* signature;  // of typed ones
  const char* logger;
  std::uint32_t line;
  level site_level;
  site_form form;
  message_syntax syntax;

  friend bool operator==(const site_key&, const site_key&) = default;
};

// A site as the dictionary has it; the texts, each followed by a NUL, lie there.
struct site {
  struct part {
    part_kind kind;
    value_tag tag;
    std::string_view key;
  };

  site_form form;
  ctxlog::level level;
  message_syntax syntax;
  bool has_text;
  bool constant_keys;
  std::uint64_t keys;  // union of key_bit()
  std::string_view text, logger;
  source where;
  std::vector<part> parts;
};

// Makes dictionary entries; any thread.
class site_writer {
 public:
  explicit site_writer(queue_file& file) noexcept : file_(file) {}

  // For fork().
  void lock() noexcept { mutex_.lock(); }
  void unlock() noexcept { mutex_.unlock(); }

  // Nothing when the dictionary is full.
  std::optional<std::uint32_t> number_of(const site_key&, const call_site&, std::string_view logger);

 private:
  struct entry {
    site_key key;
    std::uint32_t number;
  };

  queue_file& file_;
  std::mutex mutex_;
  std::deque<entry> entries_;
  std::vector<std::vector<const entry*>> buckets_{256};
};

// Reads dictionary entries in the order of their numbers, as far as they are published. One thread.
class site_reader {
 public:
  // `used` is how much of the dictionary is valid.
  site_reader(const char* dictionary, std::size_t size) noexcept : dictionary_(dictionary), size_(size) {}

  // Throws `malformed` for a number that has no entry and for an entry that is damaged.
  const site& of(std::uint32_t number, std::uint64_t used);

 private:
  void read_next(std::uint64_t used);

  const char* dictionary_;
  std::size_t size_;
  std::size_t next_ = 0;
  std::deque<site> sites_;
};

}  // namespace ctxlog::detail
