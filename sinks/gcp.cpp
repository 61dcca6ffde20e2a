// Google Cloud's structured logging: one flat JSON object a line, with the special fields of the logging agent.
// SPDX-License-Identifier: MIT
#include <cstdlib>
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

// Own keys, and others of which the agent makes the time and the severity.
constexpr detail::reserved_keys reserved{{"severity", "time", "message", "logger", "thread", "thread_name",
                                          "template", "level_name", "serviceContext", "stack_trace",
                                          "timestamp", "timestampSeconds", "timestampNanos"}};
constexpr std::string_view special_prefix = "logging.googleapis.com/";

constexpr detail::platform_levels severities{.trace = "DEBUG",
                                             .debug = "DEBUG",
                                             .info = "INFO",
                                             .notice = "NOTICE",
                                             .warn = "WARNING",
                                             .error = "ERROR",
                                             .critical = "CRITICAL"};

class members {
 public:
  // `project` may be empty: then the trace has no path.
  explicit members(std::string_view project) {
    if (project.empty()) return;
    fmt::memory_buffer text;
    json_output out(text);
    out.string(fmt::format("projects/{}/traces/", project));
    out.finish();
    trace_path_.assign(text.data() + 1, text.size() - 2);
  }

  static constexpr bool plain_values = true;
  detail::schema_id id = detail::new_schema_id();

  static bool is_ordinary(std::string_view key) { return !detail::is_trace_key(key); }
  static bool takes(const value&) { return true; }
  static void open(json_output& out, std::string_view key) {
    detail::open_member(out, key, reserved.renames(key) || key.starts_with(special_prefix));
  }
  static void put(json_output& out, const value& v) { out.value(v); }

  bool write_special(json_output& out, const field& f) const {
    if (detail::is_trace_id(f)) {
      out.raw(",\"logging.googleapis.com/trace\":\"");
      out.raw(trace_path_);
      out.raw(f.value.string());
      out.raw('"');
    } else if (detail::is_span_id(f)) {
      out.raw(",\"logging.googleapis.com/spanId\":");
      out.string(f.value.string());
    } else if (const auto flags = detail::trace_flags_of(f.value);
               flags && f.key == detail::trace_flags_key) {
      out.raw(",\"logging.googleapis.com/trace_sampled\":");
      out.raw((*flags & 1) != 0 ? "true" : "false");
    } else {
      open(out, f.key);
      put(out, f.value);
    }
    return false;
  }

 private:
  std::string trace_path_;  // escaped
};

class gcp final : public encoder {
 public:
  gcp() : members_(project()) {
    field_set resource;
    detail::add_resource(resource);
    service_ = service_context(resource);
  }

  void encode(const record& rec, fmt::memory_buffer& buffer) const override {
    json_output out(buffer);
    const detail::shown_level s = severities.of(rec.level());
    out.raw("{\"severity\":\"");
    out.raw(s.name);
    out.raw("\",\"time\":\"");
    detail::write_utc(out, rec);
    out.raw("\",\"message\":");
    out.string(rec.message());
    auto& site = rec.cache().site_of(members_.id, rec);
    detail::write_cached(out, site.text, [&](json_output& made) { write_site(made, rec, s); });
    out.unsigned_integer(rec.thread_id());
    detail::write_optional(out, ",\"thread_name\":", rec.thread_name());
    detail::write_optional(out, ",\"template\":", detail::optional_template(rec));
    if (const auto e = detail::first_exception(rec)) {
      out.raw(",\"stack_trace\":");
      detail::write_stack_trace(out, *e);
    }
    detail::write_members(out, members_, rec, site);
    out.raw("}\n");
  }

 private:
  static std::string_view project() {
    const char* const name = std::getenv("GOOGLE_CLOUD_PROJECT");
    return name ? name : "";
  }

  static std::string service_context(const field_set& resource) {
    const auto service = detail::attribute_of(resource, "service.name");
    if (service.empty()) return {};
    fmt::memory_buffer text;
    json_output out(text);
    out.raw(",\"serviceContext\":{\"service\":");
    out.string(service);
    detail::write_optional(out, ",\"version\":", detail::attribute_of(resource, "service.version"));
    out.raw('}');
    out.finish();
    return fmt::to_string(text);
  }

  void write_site(json_output& out, const record& rec, const detail::shown_level& s) const {
    out.raw(",\"logging.googleapis.com/sourceLocation\":{\"file\":");
    out.string(rec.where().file_name());
    out.raw(",\"line\":\"");
    out.integer(rec.where().line);
    out.raw("\",\"function\":");
    out.string(rec.where().function);
    out.raw('}');
    out.raw(service_);
    if (s.own_name) detail::write_optional(out, ",\"level_name\":", level_name(rec.level()));
    out.raw(",\"logger\":");
    out.string(rec.logger());
    out.raw(",\"thread\":");
  }

  members members_;
  std::string service_;
};

}  // namespace

std::shared_ptr<const encoder> gcp_encoder() { return std::make_shared<gcp>(); }

}  // namespace ctxlog
