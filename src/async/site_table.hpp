// Numbers for call sites, and a dictionary of them in the file, so that frames need not repeat their texts.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
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

// What the records of a call share. The level and the logger belong to it. The texts of a call live as long as the
// program: their addresses stand for them.
struct site_key {
  const void* text = nullptr;  // null: not constant, the record brings it
  const void* file = nullptr;
  const void* function = nullptr;
  const void* signature = nullptr;  // null where the values are not typed
  const void* logger = nullptr;
  std::uint64_t rest = 0;  // line, length of a constant text, level, form, syntax

  site_key() = default;
  site_key(site_form form, ctxlog::level l, const call_site& call, const call_signature* types,
           std::string_view logger_name) noexcept
      : file(call.where.file.data()),
        function(call.where.function.data()),
        signature(types),
        logger(logger_name.data()),
        rest(static_cast<std::uint64_t>(call.where.line) << 32 | static_cast<std::uint64_t>(l) << 8 |
             static_cast<std::uint64_t>(form) << 4 | static_cast<std::uint64_t>(call.syntax)) {
    if (call.syntax != message_syntax::literal) return;
    text = call.text.data();
    rest |= (call.text.size() & 0xFFFF) << 16;
  }

  // One after the other: put together in a vector register they would have to be in memory first.
  friend bool operator==(const site_key& a, const site_key& b) noexcept {
    return a.text == b.text && a.rest == b.rest && a.signature == b.signature && a.file == b.file &&
           a.logger == b.logger && a.function == b.function;
  }
  std::size_t hash() const noexcept {
    constexpr std::uint64_t odd = 0x9E37'79B9'7F4A'7C15;
    return (reinterpret_cast<std::uintptr_t>(text) + reinterpret_cast<std::uintptr_t>(logger) + rest) * odd >>
           32;
  }
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
  std::uint64_t list;  // of the keys, when they are constant
  std::string_view text, logger;
  plain_holes holes;  // of the text, when it is here
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
  std::optional<std::uint32_t> number_of(const site_key&, site_form, level, const call_site&,
                                         const call_signature*, std::string_view logger);

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
  const site& of(std::uint32_t number, std::uint64_t used) {
    while (number >= sites_.size()) read_next(used);
    return *sites_[number];
  }

 private:
  void read_next(std::uint64_t used);

  const char* dictionary_;
  std::size_t size_;
  std::size_t next_ = 0;
  std::vector<std::unique_ptr<const site>> sites_;
};

}  // namespace ctxlog::detail
