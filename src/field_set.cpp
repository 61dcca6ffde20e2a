// Owned fields and the process-wide serial that names their content.
// SPDX-License-Identifier: MIT
#include "ctxlog/field_set.hpp"

#include <algorithm>
#include <atomic>

namespace ctxlog {
namespace {

constinit std::atomic<std::uint64_t> last_serial{0};

}  // namespace

void field_set::add(const field_set& other) {
  for (const field& f : other.run().fields()) set_value(f.key, f.value);
}

void field_set::clear() noexcept {
  memory_.release();
  fields_ = nullptr;
  capacity_ = 0;
  run_ = {};
}

void field_set::set_value(std::string_view key, const value& v) {
  const std::string_view checked = detail::checked_key(memory_, key);
  const value copied = detail::copy(memory_, v);
  run_.serial = last_serial.fetch_add(1, std::memory_order_relaxed) + 1;
  field* end = fields_ + run_.size;
  if (field* same = std::find_if(fields_, end, [&](const field& f) { return f.key == checked; });
      same != end) {
    same->value = copied;
    return;
  }
  if (run_.size == capacity_) {
    capacity_ = capacity_ == 0 ? 4 : 2 * capacity_;
    auto* grown = detail::allocate<field>(memory_, capacity_);
    std::copy(fields_, end, grown);
    run_.first = fields_ = grown;
  }
  new (fields_ + run_.size++) field{detail::copy(memory_, checked), copied};
  run_.keys |= detail::key_bit(checked);
}

}  // namespace ctxlog
