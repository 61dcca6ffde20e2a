// The schema of loguru's serialize=True: the line as text, and the record behind it.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ctxlog/encoder.hpp"
#include "ctxlog/record.hpp"
#include "encoding_cache.hpp"
#include "fields_object.hpp"
#include "json_output.hpp"
#include "process_info.hpp"
#include "record_exception.hpp"
#include "shortened_text.hpp"
#include "text/python_time.hpp"
#include "text/time.hpp"

namespace ctxlog {
namespace {

using detail::exception_parts;
using detail::json_output;

// Before any code that could log.
[[gnu::init_priority(101)]] const std::chrono::system_clock::time_point program_start =
    std::chrono::system_clock::now();

std::int64_t nanoseconds_of(const record& rec) { return rec.time().time_since_epoch().count(); }

double seconds_of(std::int64_t nanoseconds) {
  const auto [second, nanosecond] = detail::split_seconds(nanoseconds);
  const std::int64_t microseconds = second * 1'000'000 + nanosecond / 1000;
  return static_cast<double>(microseconds) / 1e6;
}

// The inside of a string.
void write_escaped(json_output& out, std::string_view text) {
  out.written(detail::escaped_capacity(text.size()),
              [&](char* p) { return detail::write_json_escaped(p, text); });
}

void write_escaped_shortened(json_output& out, std::string_view text) {
  const detail::shortened_text shown = detail::shorten(text);
  write_escaped(out, shown.kept);
  out.raw(shown.mark);
}

// `2026-11-20 09:12:22.419 +00:00 | INFO     | name:function:line - message`, then the exception's line.
void write_text(json_output& out, const record& rec, const std::optional<exception_parts>& exception) {
  constexpr std::size_t label_width = 8;
  const std::string_view label = level_label(rec.level());
  out.raw('"');
  out.written(23, [&](char* p) { return rec.cache().local.write_date_time_ms(p, nanoseconds_of(rec)); });
  out.raw(' ');
  out.written(6, [&](char* p) { return rec.cache().local.write_offset(p, nanoseconds_of(rec)); });
  out.raw(" | ");
  out.raw(label);
  for (std::size_t i = label.size(); i < label_width; ++i) out.raw(' ');
  out.raw(" | ");
  write_escaped(out, rec.logger());
  out.raw(':');
  write_escaped(out, rec.where().function);
  out.raw(':');
  out.integer(rec.where().line);
  out.raw(" - ");
  write_escaped_shortened(out, rec.message());
  out.raw("\\n");
  if (exception) {
    write_escaped_shortened(out, exception->type);
    if (!exception->message.empty()) out.raw(": ");
    write_escaped_shortened(out, exception->message);
    out.raw("\\n");
  }
  out.raw('"');
}

void write_elapsed(json_output& out, const record& rec) {
  const auto since = std::max(rec.time() - program_start, decltype(rec.time() - program_start)::zero());
  out.raw("{\"repr\":\"");
  out.written(40, [&](char* p) { return detail::write_timedelta(p, since.count()); });
  out.raw("\",\"seconds\":");
  out.real(seconds_of(since.count()));
  out.raw('}');
}

void write_exception(json_output& out, const std::optional<exception_parts>& exception) {
  if (!exception) return out.raw("null");
  out.raw("{\"type\":");
  out.string(exception->type);
  out.raw(",\"value\":");
  out.string(exception->message);
  out.raw(exception->stack.empty() ? ",\"traceback\":false}" : ",\"traceback\":true}");
}

void write_source(json_output& out, const record& rec) {
  out.raw(",\"file\":{\"name\":");
  out.string(rec.where().file_name());
  out.raw(",\"path\":");
  out.string(rec.where().file);
  out.raw("},\"function\":");
  out.string(rec.where().function);
  out.raw(",\"level\":{\"icon\":");
  out.string(level_icon(rec.level()));
  out.raw(",\"name\":");
  out.string(level_label(rec.level()));
  out.raw(",\"no\":");
  out.integer(static_cast<int>(rec.level()));
  out.raw("},\"line\":");
  out.integer(rec.where().line);
}

void write_names(json_output& out, const record& rec) {
  const std::string_view file = rec.where().file_name();
  out.raw(",\"message\":");
  out.string(rec.message());
  out.raw(",\"module\":");
  out.string(file.substr(0, file.rfind('.')));
  out.raw(",\"name\":");
  out.string(rec.logger());
  out.raw(",\"process\":{\"id\":");
  out.integer(detail::process_id());
  out.raw(",\"name\":\"MainProcess\"}");
}

// As Python names threads: the first one of a process has the process id for its own.
void write_thread(json_output& out, const record& rec) {
  out.raw(",\"thread\":{\"id\":");
  out.unsigned_integer(rec.thread_id());
  out.raw(",\"name\":");
  if (!rec.thread_name().empty())
    out.string(rec.thread_name());
  else if (rec.thread_id() == static_cast<std::uint64_t>(detail::process_id()))
    out.raw("\"MainThread\"");
  else
    out.string("Thread-" + std::to_string(rec.thread_id()));
  out.raw('}');
}

void write_time(json_output& out, const record& rec) {
  const std::int64_t at = nanoseconds_of(rec);
  out.raw(",\"time\":{\"repr\":\"");
  out.written(32, [&](char* p) { return detail::write_datetime(p, rec.cache().local, at); });
  out.raw("\",\"timestamp\":");
  out.real(seconds_of(at));
  out.raw('}');
}

class loguru final : public encoder {
 public:
  void encode(const record& rec, fmt::memory_buffer& buffer) const override {
    const auto exception = detail::first_exception(rec);
    json_output out(buffer);
    out.raw("{\"text\":");
    write_text(out, rec, exception);
    out.raw(",\"record\":{\"elapsed\":");
    write_elapsed(out, rec);
    out.raw(",\"exception\":");
    write_exception(out, exception);
    out.raw(",\"extra\":");
    detail::write_fields_object(out, rec);
    write_source(out, rec);
    write_names(out, rec);
    write_thread(out, rec);
    write_time(out, rec);
    out.raw("}}\n");
  }
};

}  // namespace

std::shared_ptr<const encoder> loguru_encoder() {
  // Never destroyed: records are encoded in static destructors too.
  static const auto& instance = *new std::shared_ptr<const encoder>(std::make_shared<loguru>());
  return instance;
}

}  // namespace ctxlog
