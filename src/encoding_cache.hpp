// What encoders made of things that come again: runs of fields, places in the source, seconds.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "ctxlog/record.hpp"
#include "text/time.hpp"

namespace ctxlog::detail {

// One per thread that encodes. An entry is found again by what names its content; a schema is the address of
// its encoder.
class encoding_cache {
 public:
  struct run_entry {
    const void* schema = nullptr;
    std::uint64_t serial = 0;
    std::string text;
  };
  // A constant key as the encoder writes it, with what stands around it; a longer one is not kept.
  struct member_entry {
    const char* key = nullptr;
    std::uint8_t size = 0;
    std::array<char, 32> text{};
  };
  struct site_entry {
    const void* schema = nullptr;
    source where;
    std::string_view logger;
    ctxlog::level level = ctxlog::level::off;
    std::string text;
    std::vector<member_entry> members;  // of the fields of the call
  };

  // The entry of that run, emptied when it was another's: `text` is empty until the caller fills it.
  std::string& text_of(const void* schema, const field_run& run) {
    run_entry& entry = runs_[run.serial % runs_.size()];
    if (entry.serial != run.serial || entry.schema != schema) {
      entry.serial = run.serial;
      entry.schema = schema;
      entry.text.clear();
    }
    return entry.text;
  }

  // The entry of that place, its `text` empty until the caller fills it. Strings of sources and loggers never
  // move, so their addresses tell them apart.
  site_entry& site_of(const void* schema, const record& rec) {
    const source& where = rec.where();
    const auto hash = reinterpret_cast<std::uintptr_t>(where.file.data()) / 8 +
                      static_cast<unsigned>(where.line) +
                      reinterpret_cast<std::uintptr_t>(rec.logger().data()) / 16;
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

  rfc3339_formatter utc;
  local_time_formatter local;

 private:
  std::array<run_entry, 8> runs_;
  std::array<site_entry, 64> sites_;
};

}  // namespace ctxlog::detail
