// Which runs of fields share no key: they come again and again, and comparing every key with every other is slow.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "ctxlog/record.hpp"

namespace ctxlog::detail {

// Remembers pairs of runs whose keys have a name. One thread.
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
  static constexpr int slot_bits = 6;

  struct pair {
    std::uint64_t first = 0, second = 0;

    pair() = default;
    pair(const field_run& a, const field_run& b) noexcept : first(name_of_keys(a)), second(name_of_keys(b)) {}

    // 0: they have none. Lists are odd or the addresses of signatures, so that no serial can be taken for one.
    static std::uint64_t name_of_keys(const field_run& run) noexcept {
      if (run.list != 0) return run.list;
      return run.serial == 0 ? 0 : 4 * run.serial + 2;
    }
    bool is_named() const noexcept { return first != 0 && second != 0; }
    std::size_t slot() const noexcept {
      return ((first + 5 * second) * 0x9e3779b97f4a7c15u) >> (64 - slot_bits);
    }
    friend bool operator==(const pair&, const pair&) = default;
  };

  std::array<pair, std::size_t{1} << slot_bits> pairs_;
};

}  // namespace ctxlog::detail
