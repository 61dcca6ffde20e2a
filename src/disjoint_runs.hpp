// Which runs of fields share no key: they come again and again, and comparing every key with every other is slow.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "ctxlog/record.hpp"

namespace ctxlog::detail {

// Remembers pairs of runs whose keys have a name, by the serial or the list of the run. One thread.
class disjoint_runs {
 public:
  bool contains(const field_run& a, const field_run& b) const noexcept {
    const pair wanted(a, b);
    return wanted.is_named() && pairs_[wanted.slot()] == wanted;
  }
  void add(const field_run& a, const field_run& b) noexcept {
    const pair made(a, b);
    if (made.is_named()) pairs_[made.slot()] = made;
  }

 private:
  static constexpr std::size_t slots = 64;

  struct pair {
    std::uint64_t serials[2] = {}, lists[2] = {};

    pair() = default;
    pair(const field_run& a, const field_run& b) noexcept
        : serials{a.serial, b.serial}, lists{a.list, b.list} {}

    bool is_named() const noexcept { return (serials[0] | lists[0]) != 0 && (serials[1] | lists[1]) != 0; }
    std::size_t slot() const noexcept {
      const std::uint64_t mixed = serials[0] + 5 * serials[1] + lists[0] / 16 + 5 * (lists[1] / 16);
      return mixed % slots;
    }
    friend bool operator==(const pair& a, const pair& b) noexcept {
      return a.serials[0] == b.serials[0] && a.lists[0] == b.lists[0] && a.serials[1] == b.serials[1] &&
             a.lists[1] == b.lists[1];
    }
  };

  std::array<pair, slots> pairs_;
};

}  // namespace ctxlog::detail
