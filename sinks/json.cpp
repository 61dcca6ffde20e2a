// The default schema: one flat JSON object a line.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "ctxlog/encoder.hpp"
#include "ctxlog/record.hpp"
#include "encoding_cache.hpp"
#include "json_output.hpp"

namespace ctxlog {
namespace {

using detail::json_output;

constexpr std::array<std::string_view, 10> reserved{
    "time", "level", "logger", "file", "line", "function", "thread", "thread_name", "message", "template"};
constexpr std::uint64_t reserved_bits = [] {
  std::uint64_t bits = 0;
  for (const auto key : reserved) bits |= detail::key_bit(key);
  return bits;
}();

// A field that would pass for a key of the schema is renamed; so is one that looks renamed, or two could
// meet.
constexpr std::string_view rename_prefix = "fields.";

bool is_reserved(std::string_view key) {
  if ((detail::key_bit(key) & reserved_bits) != 0 &&
      std::find(reserved.begin(), reserved.end(), key) != reserved.end())
    return true;
  return key.starts_with(rename_prefix);
}

void write_key(json_output& out, std::string_view key) {
  if (is_reserved(key)) [[unlikely]]
    out.next_member(std::string(rename_prefix).append(key));
  else
    out.next_member(key);
}

void write_fields(json_output& out, std::span<const field> fields) {
  for (const field& f : fields) {
    write_key(out, f.key);
    out.value(f.value);
  }
}

using member_entry = detail::encoding_cache::member_entry;

void remember(member_entry& entry, std::string_view key) {
  fmt::memory_buffer text;
  json_output made(text);
  write_key(made, key);
  made.finish();
  entry = {};
  if (text.size() > entry.text.size()) return;
  entry.key = key.data();
  entry.size = static_cast<std::uint8_t>(text.size());
  std::copy(text.begin(), text.end(), entry.text.begin());
}

// As write_fields() with the keys written once and copied from then on.
void write_constant_fields(json_output& out, std::span<const field> fields,
                           std::vector<member_entry>& members) {
  if (members.size() < fields.size()) members.resize(fields.size());
  for (std::size_t i = 0; i < fields.size(); ++i) {
    member_entry& entry = members[i];
    if (entry.key != fields[i].key.data()) [[unlikely]]
      remember(entry, fields[i].key);
    if (entry.key)
      out.written(entry.text.size(), [&](char* p) {
        std::memcpy(p, entry.text.data(), entry.text.size());
        return p + entry.size;
      });
    else
      write_key(out, fields[i].key);
    out.value(fields[i].value);
  }
}

void write_site(json_output& out, const record& rec) {
  out.raw("\",\"level\":");
  out.string(level_name(rec.level()));
  out.raw(",\"logger\":");
  out.string(rec.logger());
  out.raw(",\"file\":");
  out.string(rec.where().file_name());
  out.raw(",\"line\":");
  out.integer(rec.where().line);
  out.raw(",\"function\":");
  out.string(rec.where().function);
  out.raw(",\"thread\":");
}

// Fills an empty cache entry with what `write` writes, and appends it.
template <class Write>
void write_cached(json_output& out, std::string& cached, Write write) {
  if (cached.empty()) {
    fmt::memory_buffer text;
    json_output made(text);
    write(made);
    made.finish();
    cached.assign(text.data(), text.size());
  }
  out.raw(cached);
}

class json final : public encoder {
 public:
  void encode(const record& rec, fmt::memory_buffer& buffer) const override {
    detail::encoding_cache& cache = rec.cache();
    json_output out(buffer);
    out.raw("{\"time\":\"");
    out.written(32, [&](char* p) { return cache.utc.write(p, rec.time().time_since_epoch().count()); });
    auto& site = cache.site_of(this, rec);
    write_cached(out, site.text, [&](json_output& made) { write_site(made, rec); });
    out.unsigned_integer(rec.thread_id());
    if (!rec.thread_name().empty()) {
      out.raw(",\"thread_name\":");
      out.string(rec.thread_name());
    }
    out.raw(",\"message\":");
    out.string(rec.message());
    if (rec.message() != rec.message_template()) {
      out.raw(",\"template\":");
      out.string(rec.message_template());
    }
    for (const detail::field_run& run : rec.runs()) {
      if (run.constant_keys)
        write_constant_fields(out, run.fields(), site.members);
      else if (run.serial == 0)
        write_fields(out, run.fields());
      else
        write_cached(out, cache.text_of(this, run),
                     [&](json_output& made) { write_fields(made, run.fields()); });
    }
    out.raw("}\n");
  }
};

}  // namespace

std::shared_ptr<const encoder> json_encoder() {
  // Never destroyed: records are encoded in static destructors too.
  static const auto& instance = *new std::shared_ptr<const encoder>(std::make_shared<json>());
  return instance;
}

}  // namespace ctxlog
