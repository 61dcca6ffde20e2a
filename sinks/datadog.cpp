// Datadog's JSON: one flat object a line, with the attributes that its pipelines know without configuration.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <string>

#include "cached_members.hpp"
#include "ctxlog/encoder.hpp"
#include "ctxlog/record.hpp"
#include "platform_levels.hpp"
#include "record_exception.hpp"
#include "record_output.hpp"
#include "reserved_keys.hpp"
#include "resource.hpp"
#include "trace_fields.hpp"

namespace ctxlog {
namespace {

using detail::json_output;

// Own keys and what contains them when dots are read as nesting, and what the pipelines take for date,
// status, host, service or source.
constexpr detail::reserved_keys reserved{{"timestamp",
                                          "status",
                                          "message",
                                          "service",
                                          "ddsource",
                                          "ddtags",
                                          "logger",
                                          "logger.name",
                                          "logger.thread_name",
                                          "logger.thread_id",
                                          "logger.method_name",
                                          "logger.file",
                                          "logger.line",
                                          "template",
                                          "level_name",
                                          "error",
                                          "error.kind",
                                          "error.message",
                                          "error.stack",
                                          "dd",
                                          "@timestamp",
                                          "_timestamp",
                                          "Timestamp",
                                          "eventTime",
                                          "date",
                                          "published_date",
                                          "severity",
                                          "level",
                                          "host",
                                          "hostname",
                                          "syslog",
                                          "syslog.timestamp",
                                          "syslog.severity",
                                          "syslog.hostname",
                                          "syslog.appname"}};

constexpr detail::platform_levels statuses{.trace = "debug",
                                           .debug = "debug",
                                           .info = "info",
                                           .notice = "notice",
                                           .warn = "warn",
                                           .error = "error",
                                           .critical = "critical"};

struct members {
  static constexpr bool plain_values = true;
  detail::schema_id id = detail::new_schema_id();

  static bool is_ordinary(std::string_view key) {
    return key != detail::trace_id_key && key != detail::span_id_key;
  }
  static bool takes(const value&) { return true; }
  static void open(json_output& out, std::string_view key) {
    detail::open_member(out, key, reserved.renames(key) || key.starts_with("dd."));
  }
  static void put(json_output& out, const value& v) { out.value(v); }

  // The identifier as it is, and as Datadog has it: the low 64 bits as a decimal.
  static bool write_special(json_output& out, const field& f) {
    open(out, f.key);
    put(out, f.value);
    if (!detail::is_trace_id(f) && !detail::is_span_id(f)) return false;
    const auto low = detail::hex_number(f.value.string().substr(f.value.string().size() - 16));
    if (low == 0) return false;
    out.raw(f.key == detail::trace_id_key ? ",\"dd.trace_id\":\"" : ",\"dd.span_id\":\"");
    out.unsigned_integer(low);
    out.raw('"');
    return false;
  }
};

// A comma would end a tag, and blanks are none of its characters.
std::string tag(std::string_view name, std::string_view text) {
  if (text.empty()) return {};
  std::string result = std::string(name).append(text);
  std::replace_if(
      result.begin(), result.end(), [](char c) { return c == ',' || c == ' ' || c == '\t'; }, '_');
  return result;
}

class datadog final : public encoder {
 public:
  datadog() {
    field_set resource;
    detail::add_resource(resource);
    fmt::memory_buffer text;
    json_output out(text);
    detail::write_optional(out, ",\"service\":", detail::attribute_of(resource, "service.name"));
    std::string tags = tag("env:", detail::deployment_environment_of(resource));
    const std::string version = tag("version:", detail::attribute_of(resource, "service.version"));
    if (!tags.empty() && !version.empty()) tags += ',';
    detail::write_optional(out, ",\"ddtags\":", tags += version);
    out.finish();
    service_ = fmt::to_string(text);
  }

  void encode(const record& rec, fmt::memory_buffer& buffer) const override {
    json_output out(buffer);
    const detail::shown_level s = statuses.of(rec.level());
    out.raw("{\"timestamp\":\"");
    detail::write_utc(out, rec);
    out.raw("\",\"status\":\"");
    out.raw(s.name);
    out.raw("\",\"message\":");
    out.string(rec.message());
    auto& site = rec.cache().site_of(members_.id, rec);
    detail::write_cached(out, site.text, [&](json_output& made) { write_site(made, rec, s); });
    out.unsigned_integer(rec.thread_id());
    detail::write_optional(out, ",\"logger.thread_name\":", rec.thread_name());
    detail::write_optional(out, ",\"template\":", detail::optional_template(rec));
    if (const auto e = detail::first_exception(rec)) {
      out.raw(",\"error.kind\":");
      out.string(e->type);
      out.raw(",\"error.message\":");
      out.string(e->message);
      out.raw(",\"error.stack\":");
      detail::write_stack_trace(out, *e);
    }
    detail::write_members(out, members_, rec, site);
    out.raw("}\n");
  }

 private:
  void write_site(json_output& out, const record& rec, const detail::shown_level& s) const {
    out.raw(service_);
    out.raw(",\"ddsource\":\"cpp\"");
    if (s.own_name) detail::write_optional(out, ",\"level_name\":", level_name(rec.level()));
    out.raw(",\"logger.name\":");
    out.string(rec.logger());
    out.raw(",\"logger.file\":");
    out.string(rec.where().file_name());
    out.raw(",\"logger.line\":");
    out.integer(rec.where().line);
    out.raw(",\"logger.method_name\":");
    out.string(rec.where().function);
    out.raw(",\"logger.thread_id\":");
  }

  members members_;
  std::string service_;
};

}  // namespace

std::shared_ptr<const encoder> datadog_encoder() { return std::make_shared<datadog>(); }

}  // namespace ctxlog
