// logfmt: key=value pairs on one line, by the rules of go-logfmt, which Loki reads.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <string>

#include "cached_members.hpp"
#include "ctxlog/encoder.hpp"
#include "ctxlog/record.hpp"
#include "record_output.hpp"
#include "reserved_keys.hpp"
#include "text/utf8.hpp"
#include "unique_names.hpp"

namespace ctxlog {
namespace {

using detail::json_output;

constexpr detail::reserved_keys reserved{
    {"ts", "level", "msg", "logger", "caller", "function", "thread", "thread_name", "template"}};

constexpr bool is_plain_ascii(char c) { return c > ' ' && c < 0x7f && c != '=' && c != '"'; }

// Calls `visit(bytes, whether they may stand bare)` for each character until it returns false.
template <class Visit>
void for_each_character(std::string_view text, Visit visit) {
  const char* const last = text.data() + text.size();
  for (const char* in = text.data(); in != last;) {
    const detail::decoded step = detail::decode_utf8(in, last);
    const bool bare = step.code_point < 0x80 ? is_plain_ascii(*in)
                                             : step.code_point != detail::replacement_character &&
                                                   !detail::is_unsafe(step.code_point);
    if (!visit(std::string_view(in, step.size), bare)) return;
    in += step.size;
  }
}

bool is_bare(std::string_view text) {
  if (std::all_of(text.begin(), text.end(), is_plain_ascii)) return true;
  bool result = true;
  for_each_character(text, [&](std::string_view, bool bare) { return result = bare; });
  return result;
}

// go-logfmt leaves out of a key what cannot stand bare.
void clean(std::string_view key, detail::name_buffer& name) {
  const auto append = [&](std::string_view text) { name.append(text.data(), text.data() + text.size()); };
  detail::name_buffer bare_part;
  for_each_character(key, [&](std::string_view character, bool bare) {
    if (bare) bare_part.append(character.data(), character.data() + character.size());
    return true;
  });
  const std::string_view kept(bare_part.data(), bare_part.size());
  if (reserved.renames(kept)) append(detail::rename_prefix);
  append(kept.empty() ? "_" : kept);
}

void put_text(json_output& out, std::string_view text) {
  if (text.empty()) return;
  if (text.size() <= limits::string_bytes && text != "null" && is_bare(text)) return out.raw(text);
  out.string(text);
}

void put_value(json_output& out, const value& v) {
  switch (v.kind()) {
    case value_kind::string:
      return put_text(out, v.string());
    case value_kind::null:
    case value_kind::boolean:
    case value_kind::integer:
    case value_kind::unsigned_integer:
    case value_kind::duration:
      return out.value(v);
    case value_kind::time:
      return out.written(
          32, [&](char* p) { return detail::write_rfc3339_utc(p, v.time().time_since_epoch().count()); });
    case value_kind::real:
      if (std::isfinite(v.real())) return out.real(v.real());
      return out.raw(std::isnan(v.real()) ? "NaN" : v.real() > 0 ? "Infinity" : "-Infinity");
    case value_kind::array:
    case value_kind::object: {
      fmt::memory_buffer text;
      json_output(text).value(v);
      return put_text(out, {text.data(), text.size()});
    }
  }
}

struct members {
  static constexpr bool plain_values = false;
  detail::schema_id id = detail::new_schema_id();

  static bool is_ordinary(std::string_view key) { return !key.empty() && is_bare(key); }
  static bool takes(const value&) { return true; }
  static void open(json_output& out, std::string_view key) {
    out.raw(' ');
    if (reserved.renames(key)) out.raw(detail::rename_prefix);
    out.raw(key);
    out.raw('=');
  }
  static void put(json_output& out, const value& v) { put_value(out, v); }
  static bool write_special(json_output& out, const field& f) {
    detail::name_buffer name;
    clean(f.key, name);
    write_as(out, {name.data(), name.size()}, f.value);
    return true;
  }
  static void write_as(json_output& out, std::string_view name, const value& v) {
    out.raw(' ');
    out.raw(name);
    out.raw('=');
    put(out, v);
  }
};

void write_fields(json_output& out, const members& schema, const record& rec,
                  detail::encoding_cache::site_entry& site) {
  const std::size_t start = out.position();
  if (!detail::write_members(out, schema, rec, site) || !detail::names_may_meet(rec, clean)) return;
  const auto names = detail::unique_names(rec, clean);
  out.rewind(start);
  std::size_t n = 0;
  rec.for_each_field([&](const field& f) { members::write_as(out, names[n++], f.value); });
}

void write_site(json_output& out, const record& rec) {
  out.raw(" logger=");
  put_text(out, rec.logger());
  out.raw(" caller=");
  put_text(out, fmt::format("{}:{}", rec.where().file_name(), rec.where().line));
  out.raw(" function=");
  put_text(out, rec.where().function);
  out.raw(" thread=");
}

class logfmt final : public encoder {
 public:
  void encode(const record& rec, fmt::memory_buffer& buffer) const override {
    json_output out(buffer);
    out.raw("ts=");
    detail::write_utc(out, rec);
    out.raw(" level=");
    put_text(out, level_name(rec.level()));
    out.raw(" msg=");
    put_text(out, rec.message());
    auto& site = rec.cache().site_of(members_.id, rec);
    detail::write_cached(out, site.text, [&](json_output& made) { write_site(made, rec); });
    out.unsigned_integer(rec.thread_id());
    write_optional(out, " thread_name=", rec.thread_name());
    write_optional(out, " template=", detail::optional_template(rec));
    write_fields(out, members_, rec, site);
    out.raw('\n');
  }

 private:
  static void write_optional(json_output& out, std::string_view opening, std::string_view text) {
    if (text.empty()) return;
    out.raw(opening);
    put_text(out, text);
  }

  members members_;
};

}  // namespace

std::shared_ptr<const encoder> logfmt_encoder() {
  // Never destroyed: records are encoded in static destructors too.
  static const auto& instance = *new std::shared_ptr<const encoder>(std::make_shared<logfmt>());
  return instance;
}

}  // namespace ctxlog
