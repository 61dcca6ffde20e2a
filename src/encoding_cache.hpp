// What encoders made of things that come again: runs of fields, places in the source, seconds.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "ctxlog/record.hpp"
#include "text/time.hpp"

namespace ctxlog::detail {

// Names an encoder's way of writing things; never given twice, as an address might be.
using schema_id = std::uint64_t;

inline schema_id new_schema_id() noexcept {
  static constinit std::atomic<schema_id> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

// The digits of the number that came last.
class number_text {
 public:
  static constexpr std::size_t room = 20;

  char* write(char* out, std::uint64_t number) {
    if (number != number_ || size_ == 0) {
      number_ = number;
      size_ = static_cast<std::size_t>(write_uint64(text_.data(), number) - text_.data());
    }
    std::memcpy(out, text_.data(), text_.size());
    return out + size_;
  }

 private:
  std::uint64_t number_ = 0;
  std::size_t size_ = 0;
  std::array<char, room> text_{};
};

// One per thread that encodes. An entry is found again by what names its content.
class encoding_cache {
 public:
  struct run_entry {
    schema_id schema = 0;
    std::uint64_t serial = 0;
    bool made = false;
    bool keys_changed = false;  // see write_members()
    std::string text;
  };
  // What stands before the value of a constant key; nothing of a longer one is kept.
  struct member_entry {
    const char* key = nullptr;
    std::uint8_t size = 0;
    std::array<char, 32> text{};
  };
  struct site_entry {
    schema_id schema = 0;
    source where;
    std::string_view logger;
    ctxlog::level level = ctxlog::level::off;
    std::string text;
    std::vector<member_entry> members;  // of the fields of the call
  };

  // The entry of that run, not `made` until the caller made it.
  run_entry& run_of(schema_id schema, const field_run& run) {
    run_entry& entry = runs_[(run.serial + 5 * schema) % runs_.size()];
    if (entry.serial != run.serial || entry.schema != schema) {
      entry.serial = run.serial;
      entry.schema = schema;
      entry.made = false;
      entry.text.clear();
    }
    return entry;
  }

  // The entry of that place, its `text` empty until the caller fills it. Strings of sources and loggers never
  // move, so their addresses tell them apart.
  site_entry& site_of(schema_id schema, const record& rec) {
    const source& where = rec.where();
    const auto hash = reinterpret_cast<std::uintptr_t>(where.file.data()) / 8 +
                      static_cast<unsigned>(where.line) +
                      reinterpret_cast<std::uintptr_t>(rec.logger().data()) / 16 + schema;
    site_entry& entry = sites_[hash % sites_.size()];
    if (entry.where.line != where.line || entry.where.file.data() != where.file.data() ||
        entry.where.function.data() != where.function.data() || entry.logger.data() != rec.logger().data() ||
        entry.level != rec.level() || entry.schema != schema) {
      entry.schema = schema;
      entry.where = where;
      entry.logger = rec.logger();
      entry.level = rec.level();
      entry.text.clear();
      entry.members.clear();
    }
    return entry;
  }

  number_text thread;
  rfc3339_formatter utc;
  local_time_formatter local;

 private:
  std::array<run_entry, 16> runs_;
  std::array<site_entry, 64> sites_;
};

}  // namespace ctxlog::detail
