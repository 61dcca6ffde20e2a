// Names for the fields of a record in a schema whose rules can make one of two keys.
// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "ctxlog/record.hpp"

namespace ctxlog::detail {

// A key as a schema writes it; no allocation for keys of at most limits::key_bytes.
using name_buffer = fmt::basic_memory_buffer<char, limits::key_bytes + 64>;

// Whether two fields could have one name: `clean(key, name_buffer&)` appends it. Says yes when in doubt.
template <class Clean>
bool names_may_meet(const record& rec, Clean clean) {
  std::array<std::size_t, 64> seen;
  std::size_t count = 0;
  bool found = false;
  rec.for_each_field([&](const field& f) {
    if (found) return;
    name_buffer name;
    clean(f.key, name);
    const std::size_t hash = std::hash<std::string_view>()({name.data(), name.size()});
    found =
        count == seen.size() || std::find(seen.begin(), seen.begin() + count, hash) != seen.begin() + count;
    if (!found) seen[count++] = hash;
  });
  return found;
}

// One for each field, in their order, with "_2", "_3" and so on where the name is another field's already. A
// key that is not changed keeps its name before others.
template <class Clean>
std::vector<std::string> unique_names(const record& rec, Clean clean) {
  const auto name_of = [&](std::string_view key) {
    name_buffer name;
    clean(key, name);
    return fmt::to_string(name);
  };
  std::set<std::string> taken;
  rec.for_each_field([&](const field& f) {
    if (name_of(f.key) == f.key) taken.emplace(f.key);
  });
  std::vector<std::string> names;
  rec.for_each_field([&](const field& f) {
    const std::string name = name_of(f.key);
    names.push_back(name);
    if (name == f.key) return;
    for (int n = 2; !taken.insert(names.back()).second; ++n) names.back() = fmt::format("{}_{}", name, n);
  });
  return names;
}

}  // namespace ctxlog::detail
