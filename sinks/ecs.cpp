// The Elastic Common Schema, as the specification of ecs-logging has it: one JSON object a line.
// SPDX-License-Identifier: MIT
#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include "cached_members.hpp"
#include "ctxlog/encoder.hpp"
#include "ctxlog/record.hpp"
#include "record_exception.hpp"
#include "record_output.hpp"
#include "resource.hpp"
#include "trace_fields.hpp"
#include "unique_names.hpp"

namespace ctxlog {
namespace {

using detail::json_output;

constexpr std::string_view template_label = "message_template";

// What ecs-logging replaces in the keys of labels, and blanks, of which Elasticsearch takes no name made.
constexpr bool is_clean(char c) {
  return c != '.' && c != '*' && c != '\\' && c != 0x7f && (c < 0 || c > ' ');
}
bool is_clean(std::string_view key) {
  return !key.empty() && key != template_label &&
         std::all_of(key.begin(), key.end(), [](char c) { return is_clean(c); });
}
void clean(std::string_view key, detail::name_buffer& name) {
  const std::string_view prefix = key == template_label ? "fields_" : key.empty() ? "_" : "";
  name.append(prefix.data(), prefix.data() + prefix.size());
  for (const char c : key) name.push_back(is_clean(c) ? c : '_');
}

// Names that the schema itself gives to what an access record says (http::ecs_keys), in the order of their bytes.
constexpr std::array<std::string_view, 9> schema_texts{
    "client.ip", "http.request.method", "http.version", "source.ip",          "url.domain",
    "url.path",  "url.query",           "url.scheme",   "user_agent.original"};
constexpr std::array<std::string_view, 6> schema_numbers{"event.duration",
                                                         "http.request.body.bytes",
                                                         "http.response.body.bytes",
                                                         "http.response.status_code",
                                                         "source.port",
                                                         "url.port"};

// Elasticsearch refuses a record whose field of type `ip` holds anything else.
bool is_address(std::string_view text) {
  const std::string terminated(text);
  std::array<unsigned char, sizeof(in6_addr)> bytes;
  return ::inet_pton(AF_INET, terminated.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1;
}

bool is_schema_field(const field& f) {
  if (f.key.find('.') == std::string_view::npos) return false;
  const auto is_one_of = [&](const auto& names) {
    return std::binary_search(names.begin(), names.end(), f.key);
  };
  if (f.value.kind() == value_kind::string)
    return is_one_of(schema_texts) && (!f.key.ends_with(".ip") || is_address(f.value.string()));
  return f.value.kind() == value_kind::integer && is_one_of(schema_numbers);
}

// Stands at the top of the object, not among the fields.
bool is_moved(const field& f) {
  return detail::is_trace_id(f) || detail::is_span_id(f) || is_schema_field(f);
}

// The type of Elasticsearch that holds every value of this kind; none: it becomes a label, which is text.
std::string_view type_of(const value& v) {
  switch (v.kind()) {
    case value_kind::boolean:
      return "boolean";
    case value_kind::integer:
      return "long";
    case value_kind::unsigned_integer:
      return v.unsigned_integer() <= std::uint64_t{INT64_MAX} ? "long" : "";
    case value_kind::real:  // a double is mapped to `float`, which refuses what is out of its range
      return std::abs(v.real()) <= std::numeric_limits<float>::max() ? "double" : "";
    case value_kind::duration:
      return "double";
    default:
      return {};
  }
}

void put_label(json_output& out, const value& v) {
  switch (v.kind()) {
    case value_kind::null:
      return out.raw("null");
    case value_kind::string:
      return out.string(v.string());
    case value_kind::time:
      return out.time(v.time().time_since_epoch().count());
    default: {
      fmt::memory_buffer text;
      json_output(text).value(v);
      const std::string_view shown(text.data(), text.size());
      if (v.kind() == value_kind::real && !std::isfinite(v.real())) return out.raw(shown);
      return out.string(shown);
    }
  }
}

// Labels, or the fields with a type: two objects that share all but the choice of values.
struct members {
  bool typed;
  static constexpr bool plain_values = false;
  detail::schema_id id = detail::new_schema_id();

  static bool is_ordinary(std::string_view key) { return is_clean(key) && !detail::is_trace_key(key); }
  bool takes(const value& v) const { return typed != type_of(v).empty(); }
  static void open(json_output& out, std::string_view key) {
    out.raw(",\"");
    out.written(detail::escaped_capacity(key.size()),
                [&](char* p) { return detail::write_json_escaped(p, key); });
  }
  void put(json_output& out, const value& v) const {
    if (!typed) {
      out.raw("\":");
      return put_label(out, v);
    }
    out.raw('.');
    out.raw(type_of(v));
    out.raw("\":");
    out.value(v);
  }
  bool write_special(json_output& out, const field& f) const {
    detail::name_buffer name;
    clean(f.key, name);
    return write_as(out, f, {name.data(), name.size()}) && !is_clean(f.key);
  }

  // False when the field is none of this object.
  bool write_as(json_output& out, const field& f, std::string_view name) const {
    if (is_moved(f) || !takes(f.value)) return false;
    open(out, name);
    put(out, f.value);
    return true;
  }
};

void write_members(json_output& out, const members& part, const record& rec,
                   detail::encoding_cache::site_entry& site) {
  const std::size_t start = out.position();
  if (!detail::write_members(out, part, rec, site) || !detail::names_may_meet(rec, clean)) return;
  const auto names = detail::unique_names(rec, clean);
  out.rewind(start);
  std::size_t n = 0;
  rec.for_each_field([&](const field& f) { part.write_as(out, f, names[n++]); });
}

// `write` writes members that begin with a comma each; without any there is no object.
template <class Write>
void write_object(json_output& out, std::string_view opening, Write write) {
  const std::size_t before = out.position();
  out.raw(opening);
  const std::size_t start = out.position();
  write();
  if (out.position() == start) return out.rewind(before);
  out.overwrite(start, '{');
  out.raw('}');
}

void write_schema_fields(json_output& out, const record& rec) {
  rec.for_each_field([&](const field& f) {
    if (!is_schema_field(f)) return;
    out.raw(",\"");
    out.raw(f.key);
    out.raw("\":");
    out.value(f.value);
  });
}

void write_error(json_output& out, const detail::exception_parts& e) {
  out.raw(",\"error.type\":");
  out.string(e.type);
  out.raw(",\"error.message\":");
  out.string(e.message);
  out.raw(",\"error.stack_trace\":");
  detail::write_stack_trace(out, e);
}

class ecs final : public encoder {
 public:
  ecs() {
    field_set resource;
    detail::add_resource(resource);
    const auto service = detail::attribute_of(resource, "service.name");
    fmt::memory_buffer text;
    json_output out(text);
    detail::write_optional(out, ",\"service.name\":", service);
    detail::write_optional(out, ",\"service.version\":", detail::attribute_of(resource, "service.version"));
    detail::write_optional(out, ",\"service.environment\":", detail::deployment_environment_of(resource));
    detail::write_optional(out,
                           ",\"service.node.name\":", detail::attribute_of(resource, "service.instance.id"));
    detail::write_optional(out, ",\"event.dataset\":", service);
    out.finish();
    service_ = fmt::to_string(text);
  }

  void encode(const record& rec, fmt::memory_buffer& buffer) const override {
    json_output out(buffer);
    out.raw("{\"@timestamp\":\"");
    detail::write_utc(out, rec);
    out.raw("\",\"log.level\":");
    out.string(level_name(rec.level()));
    out.raw(",\"message\":");
    out.string(rec.message());
    auto& site = rec.cache().site_of(labels_.id, rec);
    detail::write_cached(out, site.text, [&](json_output& made) { write_site(made, rec); });
    out.unsigned_integer(rec.thread_id());
    detail::write_optional(out, ",\"process.thread.name\":", rec.thread_name());
    detail::write_optional(out, ",\"trace.id\":", detail::trace_id_of(rec));
    detail::write_optional(out, ",\"span.id\":", detail::span_id_of(rec));
    write_schema_fields(out, rec);
    if (const auto e = detail::first_exception(rec)) write_error(out, *e);
    write_object(out, ",\"labels\":", [&] {
      detail::write_optional(out, ",\"message_template\":", detail::optional_template(rec));
      write_members(out, labels_, rec, site);
    });
    write_object(out, ",\"ctxlog\":", [&] { write_members(out, typed_, rec, site); });
    out.raw("}\n");
  }

 private:
  void write_site(json_output& out, const record& rec) const {
    out.raw(",\"ecs.version\":\"8.11.0\"");
    out.raw(service_);
    out.raw(",\"log.logger\":");
    out.string(rec.logger());
    out.raw(",\"log.origin.file.name\":");
    out.string(rec.where().file_name());
    out.raw(",\"log.origin.file.line\":");
    out.integer(rec.where().line);
    out.raw(",\"log.origin.function\":");
    out.string(rec.where().function);
    out.raw(",\"process.thread.id\":");
  }

  members labels_{.typed = false}, typed_{.typed = true};
  std::string service_;
};

}  // namespace

std::shared_ptr<const encoder> ecs_encoder() { return std::make_shared<ecs>(); }

}  // namespace ctxlog
