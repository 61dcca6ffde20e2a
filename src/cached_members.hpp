// Fields of a record as members of an object: what comes again is written once and copied from then on.
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ctxlog/record.hpp"
#include "encoding_cache.hpp"
#include "json_output.hpp"

namespace ctxlog::detail {

// Fills the cache entry with what `write` writes.
template <class Write>
void remember(std::string& cached, Write write) {
  fmt::memory_buffer text;
  json_output made(text);
  write(made);
  made.finish();
  cached.assign(text.data(), text.size());
}

// Fills an empty cache entry with what `write` writes, and appends it.
template <class Write>
void write_cached(json_output& out, std::string& cached, Write write) {
  if (cached.empty()) [[unlikely]]
    remember(cached, write);
  out.raw(cached);
}

// What a Schema says of the members of one object:
//   schema_id id;
//   bool is_ordinary(key)           the text before the value depends on the key alone
//   void open(out, key)             that text, for an ordinary key
//   bool plain_values               whether put() writes the value as it is and nothing else
//   bool takes(value)               whether an ordinary key with that value belongs into this object
//   void put(out, value)            that value and what closes the member
//   bool write_special(out, field)  all of a field whose key is not ordinary; true when the key was changed
//                                   so that it may now be the same as another one

template <class Schema>
bool write_member(json_output& out, const Schema& schema, const field& f) {
  if (!schema.is_ordinary(f.key)) return schema.write_special(out, f);
  if (schema.takes(f.value)) {
    schema.open(out, f.key);
    schema.put(out, f.value);
  }
  return false;
}

template <class Schema>
void remember_key(encoding_cache::member_entry& entry, const Schema& schema, std::string_view key) {
  entry.key = key.data();
  entry.size = 0;
  if (!schema.is_ordinary(key)) return;
  fmt::memory_buffer text;
  json_output made(text);
  schema.open(made, key);
  made.finish();
  if (text.size() > entry.text.size()) return;
  entry.size = static_cast<std::uint8_t>(text.size());
  std::copy(text.begin(), text.end(), entry.text.begin());
}

template <class Schema>
void write_constant_member(json_output& out, const Schema& schema, const encoding_cache::member_entry& entry,
                           const value& v) {
  if constexpr (Schema::plain_values) {
    out.member(entry.text, entry.size, v);
  } else {
    out.written(entry.text.size(), [&](char* p) {
      std::memcpy(p, entry.text.data(), entry.text.size());
      return p + entry.size;
    });
    schema.put(out, v);
  }
}

template <class Schema>
bool write_constant_run(json_output& out, const Schema& schema, std::span<const field> fields,
                        std::vector<encoding_cache::member_entry>& members) {
  if (members.size() < fields.size()) members.resize(fields.size());
  encoding_cache::member_entry* entry = members.data();
  bool changed = false;
  for (const field& f : fields) {
    if (entry->key != f.key.data()) [[unlikely]]
      remember_key(*entry, schema, f.key);
    if (entry->size == 0) [[unlikely]] {
      changed |= write_member(out, schema, f);
    } else if (schema.takes(f.value)) {
      write_constant_member(out, schema, *entry, f.value);
    }
    ++entry;
  }
  return changed;
}

template <class Schema>
bool write_run(json_output& out, const Schema& schema, std::span<const field> fields) {
  bool changed = false;
  for (const field& f : fields) changed |= write_member(out, schema, f);
  return changed;
}

// The fields in their order. True when a key was changed so that two of them may now be the same.
template <class Schema>
bool write_members(json_output& out, const Schema& schema, const record& rec,
                   encoding_cache::site_entry& site) {
  bool changed = false;
  for (const field_run& run : rec.runs()) {
    if (run.constant_keys) {
      changed |= write_constant_run(out, schema, run.fields(), site.members);
    } else if (run.serial == 0) {
      changed |= write_run(out, schema, run.fields());
    } else {
      encoding_cache::run_entry& entry = rec.cache().run_of(schema.id, run);
      if (!entry.made) [[unlikely]] {
        remember(entry.text,
                 [&](json_output& made) { entry.keys_changed = write_run(made, schema, run.fields()); });
        entry.made = true;
      }
      out.raw(entry.text);
      changed |= entry.keys_changed;
    }
  }
  return changed;
}

}  // namespace ctxlog::detail
