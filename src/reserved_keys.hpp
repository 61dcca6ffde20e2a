// Keys that belong to a schema: a field that would pass for one of them is renamed.
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "ctxlog/record.hpp"
#include "json_output.hpp"

namespace ctxlog::detail {

// Before the key of a field that is renamed. One that looks renamed is renamed too, or two could meet.
inline constexpr std::string_view rename_prefix = "fields.";

template <std::size_t Size>
class reserved_keys {
 public:
  constexpr explicit reserved_keys(const std::string_view (&keys)[Size]) {
    std::copy(keys, keys + Size, keys_.begin());
    for (const auto key : keys_) bits_ |= key_bit(key);
  }

  constexpr bool contains(std::string_view key) const {
    return (key_bit(key) & bits_) != 0 && std::find(keys_.begin(), keys_.end(), key) != keys_.end();
  }

  constexpr bool renames(std::string_view key) const {
    return contains(key) || key.starts_with(rename_prefix);
  }

 private:
  std::array<std::string_view, Size> keys_{};
  std::uint64_t bits_ = 0;
};

// `,"key":`
inline void open_member(json_output& out, std::string_view key, bool renamed) {
  if (!renamed) [[likely]]
    return out.next_member(key);
  out.raw(",\"");
  out.raw(rename_prefix);
  out.written(escaped_capacity(key.size()), [&](char* p) { return write_json_escaped(p, key); });
  out.raw("\":");
}

}  // namespace ctxlog::detail
