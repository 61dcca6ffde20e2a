// Field bookkeeping of a record: one value per key, the first position kept.
// SPDX-License-Identifier: MIT
#include "ctxlog/record.hpp"

#include <algorithm>
#include <new>

#include "disjoint_runs.hpp"

namespace ctxlog {

using detail::field_run;
using detail::key_bit;

namespace {

// The keys of few fields have few bits, which most keys of the others lack.
[[gnu::noinline]] bool have_key_in_common(const field_run& a, const field_run& b) noexcept {
  const auto [few, many] =
      std::minmax(a, b, [](const field_run& x, const field_run& y) { return x.size < y.size; });
  for (const field& f : many.fields())
    if (few.find(f.key)) return true;
  return false;
}

}  // namespace

const value* record::find(std::string_view key) const noexcept {
  if ((keys_ & key_bit(key)) == 0) return nullptr;
  for (const field_run& run : runs())
    if (const field* const found = run.find(key)) return &found->value;
  return nullptr;
}

bool record::shares_key_with(const field_run& run) const noexcept {
  for (const field_run& earlier : runs()) {
    if ((earlier.keys & run.keys) == 0 || disjoint_->contains(earlier, run)) continue;
    if (have_key_in_common(earlier, run)) return true;
    disjoint_->add(earlier, run);
  }
  return false;
}

void record::set_all(const field_run& run) {
  for (const field& f : run.fields()) set_value(f.key, f.value);
}

// Brings all fields into one writable run with room for `spare` more.
void record::flatten(std::size_t spare) {
  std::size_t size = 0;
  for (const field_run& run : runs()) size += run.size;
  own_capacity_ = size + spare;
  own_ = detail::allocate<field>(*memory_, own_capacity_);
  std::size_t n = 0;
  for_each_field([&](const field& f) { new (own_ + n++) field(f); });
  runs_[0] = {own_, size, keys_, 0, 0, false};
  run_count_ = 1;
}

field* record::own_field(std::string_view key) noexcept {
  if (!own_) return nullptr;
  const field_run& run = runs_[run_count_ - 1];
  field* end = own_ + run.size;
  field* found = std::find_if(own_, end, [&](const field& f) { return f.key == key; });
  return found == end ? nullptr : found;
}

void record::set_value(std::string_view key, const value& v) {
  constexpr std::size_t spare = 8;
  const std::string_view checked = detail::checked_key(*memory_, key);
  const value copied = detail::copy(*memory_, v);
  if (find(checked)) {
    if (!own_field(checked)) flatten(spare);
    own_field(checked)->value = copied;
    return;
  }
  if (own_ && runs_[run_count_ - 1].size == own_capacity_) flatten(spare + own_capacity_);
  if (!own_) {
    if (run_count_ == max_runs)
      flatten(spare);
    else {
      own_ = detail::allocate<field>(*memory_, spare);
      own_capacity_ = spare;
      runs_[run_count_++] = {own_, 0, 0, 0, 0, false};
    }
  }
  field_run& run = runs_[run_count_ - 1];
  new (own_ + run.size++) field{detail::copy(*memory_, checked), copied};
  run.keys |= key_bit(checked);
  keys_ |= key_bit(checked);
}

void record::erase(std::string_view key) {
  if (!find(key)) return;
  if (!own_field(key)) flatten(8);
  field_run& run = runs_[run_count_ - 1];
  field* found = own_field(key);
  std::copy(found + 1, own_ + run.size, found);
  --run.size;  // the key's bit may stay: it only costs a comparison
}

}  // namespace ctxlog
