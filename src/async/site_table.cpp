// The dictionary of call sites: writing and reading it.
// SPDX-License-Identifier: MIT
#include "async/site_table.hpp"

#include <span>

#include "async/frame.hpp"
#include "async/wire.hpp"
#include "serial.hpp"

namespace ctxlog::detail {
namespace {

std::size_t terminated_size(std::string_view text) noexcept { return wire_size(text) + 1; }

char* put_terminated(char* out, std::string_view text) noexcept {
  out = put_wire(out, text);
  *out = '\0';
  return out + 1;
}

template <class Enum>
Enum enumerator(std::uint8_t number, Enum last) {
  if (number > static_cast<std::uint8_t>(last)) throw malformed();
  return static_cast<Enum>(number);
}

// Entry: u32 size of the rest; u8 form, level, syntax, has_text, constant_keys; u32 line; the texts; u32 parts,
// each u8 kind, u8 tag and its key.
constexpr std::size_t fixed_bytes = 4 + 5 + 4 + 4;

}  // namespace

std::optional<std::uint32_t> site_writer::number_of(const site_key& key, site_form form, level l,
                                                    const call_site& call, const call_signature* signature,
                                                    std::string_view logger) {
  const std::lock_guard lock(mutex_);
  auto& bucket = buckets_[key.hash() % buckets_.size()];
  for (const entry* known : bucket)
    if (known->key == key) return known->number;

  const bool has_text = call.syntax == message_syntax::literal;
  const std::string_view text = has_text ? call.text : std::string_view();
  const auto parts = signature ? signature->parts : std::span<const call_part>();
  std::size_t size = fixed_bytes + terminated_size(logger) + terminated_size(text) +
                     terminated_size(call.where.file) + terminated_size(call.where.function);
  for (const call_part& part : parts) size += 2 + terminated_size(part.key);
  auto& used = file_.head().dictionary_used;
  const std::uint64_t begin = used.load(std::memory_order_relaxed);
  if (begin + size > file_.layout().dictionary_bytes || entries_.size() > frame_head::max_site)
    return std::nullopt;

  entries_.push_back({key, static_cast<std::uint32_t>(entries_.size())});
  bucket.push_back(&entries_.back());
  char* out = put_wire(file_.dictionary() + begin, static_cast<std::uint32_t>(size - 4));
  out = put_wire(out, static_cast<std::uint8_t>(form));
  out = put_wire(out, static_cast<std::uint8_t>(l));
  out = put_wire(out, static_cast<std::uint8_t>(call.syntax));
  out = put_wire(out, static_cast<std::uint8_t>(has_text));
  out = put_wire(out, static_cast<std::uint8_t>(signature && signature->constant_keys));
  out = put_wire(out, static_cast<std::uint32_t>(call.where.line));
  for (const std::string_view each : {logger, text, call.where.file, call.where.function})
    out = put_terminated(out, each);
  out = put_wire(out, static_cast<std::uint32_t>(parts.size()));
  for (const call_part& part : parts) {
    out = put_wire(out, static_cast<std::uint8_t>(part.kind));
    out = put_wire(out, static_cast<std::uint8_t>(part.tag));
    out = put_terminated(out, part.key);
  }
  used.store(begin + size, std::memory_order_release);
  return entries_.back().number;
}

void site_reader::read_next(std::uint64_t used) {
  if (used > size_ || next_ + 4 > used) throw malformed();
  wire_reader head({dictionary_ + next_, 4});
  const auto size = head.number<std::uint32_t>();
  if (size > used - next_ - 4) throw malformed();
  wire_reader in({dictionary_ + next_ + 4, size});
  site made;
  made.form = enumerator(in.number<std::uint8_t>(), site_form::whole);
  made.level = static_cast<level>(in.number<std::uint8_t>());
  made.syntax = enumerator(in.number<std::uint8_t>(), message_syntax::runtime);
  made.has_text = in.number<std::uint8_t>() != 0;
  made.constant_keys = in.number<std::uint8_t>() != 0;
  // An odd number is no address of a call's signature.
  made.list = made.constant_keys ? 2 * next_serial() + 1 : 0;
  made.where.line = static_cast<int>(in.number<std::uint32_t>());
  made.logger = in.terminated_text();
  made.text = in.terminated_text();
  if (made.has_text) made.holes = plain_holes(made.text);
  made.where.file = in.terminated_text();
  made.where.function = in.terminated_text();
  made.keys = 0;
  const auto parts = in.number<std::uint32_t>();
  for (std::uint32_t i = 0; i < parts; ++i) {
    const auto kind = enumerator(in.number<std::uint8_t>(), part_kind::dynamic_field);
    const auto tag = enumerator(in.number<std::uint8_t>(), value_tag::object);
    made.parts.push_back({kind, tag, in.terminated_text()});
    if (kind == part_kind::field) made.keys |= key_bit(made.parts.back().key);
  }
  if (!in.at_end()) throw malformed();
  sites_.push_back(std::make_unique<const site>(std::move(made)));
  next_ += 4 + size;
}

}  // namespace ctxlog::detail
