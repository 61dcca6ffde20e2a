// Owned fields.
// SPDX-License-Identifier: MIT
#include "ctxlog/field_set.hpp"

#include <algorithm>

#include "serial.hpp"

namespace ctxlog {

// Not in the class: there it would allow value-initialisation to clear all the memory first ([dcl.init]).
field_set::field_set() = default;

// `lasting_key` makes the key of a field that is not there yet.
template <class MakeKey>
void field_set::put(std::string_view key, const value& v, MakeKey lasting_key) {
  if (const field* const same = run_.find(key)) {
    fields_[same - fields_].value = v;
    return;
  }
  if (run_.size == capacity_) grow();
  new (fields_ + run_.size) field{lasting_key(), v};
  ++run_.size;
  run_.keys |= detail::key_bit(key);
}

void field_set::grow() {
  const std::size_t room = capacity_ == 0 ? 8 : 2 * capacity_;
  auto* const grown = detail::allocate<field>(memory_, room);
  std::copy_n(fields_, run_.size, grown);
  run_.first = fields_ = grown;
  capacity_ = room;
}

void field_set::add(const field_set& other) {
  for (const field& f : other.run().fields()) set_value(f.key, f.value);
}

void field_set::add_lasting(std::span<const field> fields) {
  for (const field& f : fields) put(f.key, f.value, [&] { return f.key; });
  run_.serial = detail::next_serial();
}

void field_set::add_copies(std::span<const field> fields) {
  for (const field& f : fields) put(f.key, detail::copy(memory_, f.value), [&] { return f.key; });
  run_.serial = detail::next_serial();
}

void field_set::clear() noexcept {
  memory_.release();
  fields_ = nullptr;
  capacity_ = 0;
  run_ = {};
}

void field_set::set_value(std::string_view key, const value& v) {
  const std::string_view checked = detail::checked_key(memory_, key);
  put(checked, detail::copy(memory_, v), [&] { return detail::copy(memory_, checked); });
  run_.serial = detail::next_serial();
}

}  // namespace ctxlog
