// OpenTelemetry's OTLP in JSON: one LogsData object a line, as its file exporter writes and the Collector reads.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <string>

#include "cached_members.hpp"
#include "ctxlog/encoder.hpp"
#include "ctxlog/record.hpp"
#include "process_info.hpp"
#include "record_exception.hpp"
#include "record_output.hpp"
#include "reserved_keys.hpp"
#include "resource.hpp"
#include "trace_fields.hpp"

namespace ctxlog {
namespace {

using detail::json_output;

constexpr detail::reserved_keys reserved{{"code.file.path", "code.line.number", "code.function.name",
                                          "thread.id", "thread.name", "message_template.text", ""}};

// ---- AnyValue ----

void write_value(json_output& out, const value& v, std::size_t depth);

void write_text(json_output& out, std::string_view text) {
  out.raw("{\"stringValue\":");
  out.string(text);
  out.raw('}');
}

void write_integer(json_output& out, std::int64_t i) {
  out.raw("{\"intValue\":\"");
  out.integer(i);
  out.raw("\"}");
}

// The Collector refuses a request with an integer above int64.
void write_unsigned(json_output& out, std::uint64_t u) {
  out.raw(u <= std::uint64_t{INT64_MAX} ? "{\"intValue\":\"" : "{\"stringValue\":\"");
  out.unsigned_integer(u);
  out.raw("\"}");
}

void write_array(json_output& out, std::span<const value> items, std::size_t depth) {
  out.raw("{\"arrayValue\":{\"values\":[");
  std::string_view separator;
  for (const value& item : items) {
    out.raw(separator);
    write_value(out, item, depth + 1);
    separator = ",";
  }
  out.raw("]}}");
}

void write_object(json_output& out, std::span<const field> members, std::size_t depth) {
  out.raw("{\"kvlistValue\":{\"values\":[");
  std::string_view separator;
  for (const field& member : members) {
    out.raw(separator);
    out.raw("{\"key\":");
    out.string(member.key);
    out.raw(",\"value\":");
    write_value(out, member.value, depth + 1);
    out.raw('}');
    separator = ",";
  }
  out.raw("]}}");
}

void write_value(json_output& out, const value& v, std::size_t depth) {
  switch (v.kind()) {
    case value_kind::null:
      return out.raw("{}");
    case value_kind::boolean:
      return out.raw(v.boolean() ? "{\"boolValue\":true}" : "{\"boolValue\":false}");
    case value_kind::integer:
      return write_integer(out, v.integer());
    case value_kind::unsigned_integer:
      return write_unsigned(out, v.unsigned_integer());
    case value_kind::string:
      return write_text(out, v.string());
    case value_kind::array:
      return depth < limits::depth ? write_array(out, v.array(), depth) : write_text(out, detail::depth_mark);
    case value_kind::object:
      return depth < limits::depth ? write_object(out, v.object(), depth)
                                   : write_text(out, detail::depth_mark);
    case value_kind::real:
    case value_kind::duration:
    case value_kind::time:
      out.raw(v.kind() == value_kind::time ? "{\"stringValue\":" : "{\"doubleValue\":");
      out.value(v);
      return out.raw('}');
  }
}

// ---- attributes ----

bool is_moved(const field& f) {
  return detail::is_trace_id(f) || detail::is_span_id(f) ||
         (f.key == detail::trace_flags_key && detail::trace_flags_of(f.value));
}

struct members {
  static constexpr bool plain_values = false;
  detail::schema_id id = detail::new_schema_id();

  static bool is_ordinary(std::string_view key) { return !detail::is_trace_key(key); }
  static bool takes(const value&) { return true; }
  static void open(json_output& out, std::string_view key) {
    out.raw(",{\"key\":\"");
    if (reserved.renames(key)) [[unlikely]]
      out.raw(detail::rename_prefix);
    out.written(detail::escaped_capacity(key.size()),
                [&](char* p) { return detail::write_json_escaped(p, key); });
  }
  static void put(json_output& out, const value& v) {
    out.raw("\",\"value\":");
    write_value(out, v, 0);
    out.raw('}');
  }
  static bool write_special(json_output& out, const field& f) {
    if (!is_moved(f)) write(out, f.key, f.value);
    return false;
  }
  static void write(json_output& out, std::string_view key, const value& v) {
    open(out, key);
    put(out, v);
  }
};

// The attribute of the library's own.
void write_own(json_output& out, std::string_view key, const value& v) {
  out.raw(",{\"key\":\"");
  out.raw(key);
  members::put(out, v);
}

// What the application says of an exception under these names is stronger.
void write_exception(json_output& out, const record& rec) {
  if (rec.find("exception.type") || rec.find("exception.message") || rec.find("exception.stacktrace")) return;
  const auto e = detail::first_exception(rec);
  if (!e) return;
  write_own(out, "exception.type", value(e->type));
  write_own(out, "exception.message", value(e->message));
  out.raw(",{\"key\":\"exception.stacktrace\",\"value\":{\"stringValue\":");
  detail::write_stack_trace(out, *e);
  out.raw("}}");
}

// ---- severity ----

// The first number of the range for a level of ours, one further up in it for levels in between.
int severity_number(level l) {
  struct range {
    int from, to, severity;
  };
  constexpr range ranges[] = {{5, 10, 1}, {10, 20, 5}, {20, 30, 9}, {30, 40, 13}, {40, 50, 17}, {50, 90, 21}};
  const int number = static_cast<int>(l);
  int severity = 1;
  for (const range& r : ranges)
    if (number >= r.from) severity = r.severity + std::min(3, (number - r.from) * 4 / (r.to - r.from));
  return severity;
}

// OpenTelemetry's short names; levels of the application's own keep theirs.
std::string_view severity_text(level l) {
  switch (l) {
    case level::warn:
      return "WARN";
    case level::critical:
      return "FATAL";
    default:
      return level_label(l);
  }
}

class otlp final : public encoder {
 public:
  otlp() {
    field_set resource;
    resource.set("service.name", std::string("unknown_service:") + program_invocation_short_name);
    detail::add_resource(resource);
    fmt::memory_buffer text;
    json_output out(text);
    out.raw("{\"resourceLogs\":[{\"resource\":{\"attributes\":[");
    for (const field& f : resource.run().fields()) {
      if (f.key == "process.pid") continue;
      out.raw("{\"key\":");
      out.string(f.key);
      out.raw(",\"value\":");
      write_text(out, f.value.string());
      out.raw("},");
    }
    out.raw("{\"key\":\"process.pid\",\"value\":");
    out.finish();
    resource_ = fmt::to_string(text);
  }

  void encode(const record& rec, fmt::memory_buffer& buffer) const override {
    json_output out(buffer);
    const auto time =
        static_cast<std::uint64_t>(std::max<std::int64_t>(rec.time().time_since_epoch().count(), 0));
    out.raw(resource_);
    write_integer(out, detail::process_id());
    out.raw("}]},\"scopeLogs\":[{\"scope\":{\"name\":");
    out.string(rec.logger());
    out.raw("},\"logRecords\":[{\"timeUnixNano\":\"");
    out.unsigned_integer(time);
    out.raw("\",\"observedTimeUnixNano\":\"");
    out.unsigned_integer(time);
    out.raw("\",\"severityNumber\":");
    out.integer(severity_number(rec.level()));
    out.raw(",\"severityText\":");
    out.string(severity_text(rec.level()));
    out.raw(",\"body\":");
    write_text(out, rec.message());
    write_attributes(out, rec);
    write_trace(out, rec);
    out.raw("}]}]}]}\n");
  }

 private:
  void write_attributes(json_output& out, const record& rec) const {
    auto& site = rec.cache().site_of(members_.id, rec);
    detail::write_cached(out, site.text, [&](json_output& made) {
      made.raw(",\"attributes\":[{\"key\":\"code.file.path\",\"value\":");
      write_text(made, rec.where().file);
      made.raw('}');
      write_own(made, "code.line.number", value(std::int64_t{rec.where().line}));
      write_own(made, "code.function.name", value(rec.where().function));
    });
    write_own(out, "thread.id", value(rec.thread_id()));
    if (!rec.thread_name().empty()) write_own(out, "thread.name", value(rec.thread_name()));
    if (const auto text = detail::optional_template(rec); !text.empty())
      write_own(out, "message_template.text", value(text));
    write_exception(out, rec);
    detail::write_members(out, members_, rec, site);
    out.raw(']');
  }

  static void write_trace(json_output& out, const record& rec) {
    if (const value* given = rec.find(detail::trace_flags_key))
      if (const auto flags = detail::trace_flags_of(*given)) {
        out.raw(",\"flags\":");
        out.integer(*flags);
      }
    detail::write_optional(out, ",\"traceId\":", detail::trace_id_of(rec));
    detail::write_optional(out, ",\"spanId\":", detail::span_id_of(rec));
  }

  members members_;
  std::string resource_;
};

}  // namespace

std::shared_ptr<const encoder> otlp_encoder() { return std::make_shared<otlp>(); }

}  // namespace ctxlog
