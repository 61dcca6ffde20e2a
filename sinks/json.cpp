// The default schema: one flat JSON object a line.
// SPDX-License-Identifier: MIT
#include "cached_members.hpp"
#include "ctxlog/encoder.hpp"
#include "ctxlog/record.hpp"
#include "record_output.hpp"
#include "reserved_keys.hpp"

namespace ctxlog {
namespace {

using detail::json_output;

constexpr detail::reserved_keys reserved{
    {"time", "level", "logger", "file", "line", "function", "thread", "thread_name", "message", "template"}};

struct members {
  static constexpr bool plain_values = true;
  detail::schema_id id = detail::new_schema_id();

  static constexpr bool is_ordinary(std::string_view) { return true; }
  static constexpr bool takes(const value&) { return true; }
  static void open(json_output& out, std::string_view key) {
    detail::open_member(out, key, reserved.renames(key));
  }
  static void put(json_output& out, const value& v) { out.value(v); }
  static bool write_special(json_output&, const field&) { return false; }
};

void write_site(json_output& out, const record& rec, const json_options& options) {
  out.raw("\",\"level\":");
  out.string(level_name(rec.level()));
  out.raw(",\"logger\":");
  out.string(rec.logger());
  out.raw(",\"file\":");
  out.string(rec.where().file_name());
  out.raw(",\"line\":");
  out.integer(rec.where().line);
  if (options.function) {
    out.raw(",\"function\":");
    out.string(rec.where().function);
  }
  out.raw(",\"thread\":");
}

class json final : public encoder {
 public:
  explicit json(const json_options& options) : options_(options) {}

  void encode(const record& rec, fmt::memory_buffer& buffer) const override {
    json_output out(buffer);
    detail::encoding_cache& cache = rec.cache();
    auto& site = cache.site_of(members_.id, rec);
    if (site.text.empty()) [[unlikely]]
      detail::remember(site.text, [&](json_output& made) { write_site(made, rec, options_); });
    out.written(site.text.size() + 64, [&](char* p) {
      p = detail::put(p, "{\"time\":\"");
      p = cache.utc.write(p, rec.time().time_since_epoch().count());
      p = detail::put(p, site.text);
      return cache.thread.write(p, rec.thread_id());
    });
    detail::write_optional(out, ",\"thread_name\":", rec.thread_name());
    out.string_member(",\"message\":", rec.message());
    if (options_.message_template)
      detail::write_optional(out, ",\"template\":", detail::optional_template(rec));
    detail::write_members(out, members_, rec, site);
    out.raw("}\n");
  }

 private:
  members members_;
  json_options options_;
};

}  // namespace

std::shared_ptr<const encoder> json_encoder() {
  // Never destroyed: records are encoded in static destructors too.
  static const auto& instance = *new std::shared_ptr<const encoder>(json_encoder(json_options{}));
  return instance;
}

std::shared_ptr<const encoder> json_encoder(const json_options& options) {
  return std::make_shared<json>(options);
}

}  // namespace ctxlog
