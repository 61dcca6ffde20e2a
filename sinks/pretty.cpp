// Output for people: one line a record, its fields as key=value, longer texts below behind a gutter.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstddef>
#include <string_view>

#include "ctxlog/encoder.hpp"
#include "ctxlog/record.hpp"
#include "encoding_cache.hpp"
#include "exception_parts.hpp"
#include "terminal_output.hpp"
#include "text/width.hpp"

namespace ctxlog {
namespace {

using detail::exception_parts;

// Select Graphic Rendition (ECMA-48, 8.3.117).
constexpr std::string_view plain, bold = "1", dim = "2", red = "31", magenta = "35", cyan = "36";

constexpr std::string_view style_of(level l) {
  if (l >= level::critical) return "1;31";
  if (l >= level::error) return red;
  if (l >= level::warn) return "33";
  if (l > level::info) return "1;32";
  if (l == level::info) return "32";
  if (l >= level::debug) return "34";
  return dim;
}

constexpr std::size_t level_width = 8;  // CRITICAL
constexpr std::size_t message_width = 40;
// What begins every line that does not begin with the time: no data can stand in the first column.
constexpr std::string_view gutter = "             \u2502 ";

class pretty_output : public detail::terminal_output {
 public:
  pretty_output(fmt::memory_buffer& buffer, bool colour) : terminal_output(buffer), colour_(colour) {}

  // What `write()` writes, in that style, which ends with it.
  template <class Write>
  void styled(std::string_view style, Write write) {
    const bool visible = colour_ && !style.empty();
    if (visible) raw("\x1b["), raw(style), raw('m');
    write();
    if (visible) raw("\x1b[0m");
  }

  // Escaped text that takes `width` terminal cells or more.
  void padded(std::string_view style, std::string_view text, std::size_t width) {
    fmt::memory_buffer shown;
    terminal_output(shown).escaped(text);
    const std::string_view cells(shown.data(), shown.size());
    styled(style, [&] { raw(cells); });
    blanks(width - std::min(width, detail::display_width(cells)));
  }

  // The lines of a text that has several: the first one where the output stands, the others below, and the
  // mark of a cut at the end.
  void continuation(std::string_view text) {
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      escaped(text.substr(0, end));
      if (end == text.npos) return;
      next_line();
      text.remove_prefix(end + 1);
    }
  }

  void next_line() {
    raw('\n');
    styled(dim, [&] { raw(gutter); });
  }

  void blanks(std::size_t n) {
    for (; n != 0; --n) raw(' ');
  }

 private:
  bool colour_;
};

void write_head(pretty_output& out, const record& rec) {
  out.styled(dim, [&] {
    out.written(12, [&](char* p) {
      return rec.cache().local.write_time_ms(p, rec.time().time_since_epoch().count());
    });
  });
  out.raw(' ');
  out.padded(style_of(rec.level()), level_label(rec.level()), level_width);
  out.raw(' ');
  if (rec.logger() == "root") return;
  out.styled(magenta, [&] { out.escaped(rec.logger()); });
  out.raw("  ");
}

void write_key(pretty_output& out, std::string_view key) {
  out.styled(cyan, [&] { out.word(key); });
  out.raw('=');
}

// Exceptions stand below the line.
void write_fields(pretty_output& out, const record& rec) {
  std::string_view separator = "  ";
  rec.for_each_field([&](const field& f) {
    if (detail::as_exception(f.value)) return;
    out.raw(separator);
    write_key(out, f.key);
    out.typed(f.value);
    separator = " ";
  });
}

void write_place(pretty_output& out, const source& where) {
  out.raw("  ");
  out.styled(dim, [&] {
    out.raw('(');
    out.escaped(where.file_name());
    out.raw(':');
    out.typed(value(std::int64_t{where.line}));
    out.raw(')');
  });
}

void write_description(pretty_output& out, const exception_parts& e) {
  out.styled(red, [&] { out.escaped(e.type); });
  if (e.message.empty()) return;
  out.raw(": ");
  out.continuation(e.message);
}

void write_exception(pretty_output& out, std::string_view key, const exception_parts& e) {
  out.next_line();
  write_key(out, key);
  write_description(out, e);
  for (const value& cause : e.causes) {
    out.next_line();
    out.raw("  caused by ");
    write_description(out, *detail::as_exception(cause));
  }
  std::int64_t number = 0;
  for (const value& frame : e.stack) {
    out.next_line();
    out.raw("  #");
    out.typed(value(number++));
    out.raw(' ');
    out.escaped(frame.string());
  }
}

class pretty final : public encoder {
 public:
  explicit pretty(bool colour) : colour_(colour) {}

  void encode(const record& rec, fmt::memory_buffer& buffer) const override {
    pretty_output out(buffer, colour_);
    write_head(out, rec);
    const detail::shortened_text message = detail::shorten(rec.message());
    const std::size_t first_end = std::min(message.kept.find('\n'), message.kept.size());
    out.padded(rec.level() >= level::warn ? bold : plain, message.kept.substr(0, first_end), message_width);
    write_fields(out, rec);
    write_place(out, rec.where());
    if (first_end != message.kept.size()) {
      out.next_line();
      out.continuation(message.kept.substr(first_end + 1));
    }
    out.raw(message.mark);
    rec.for_each_field([&](const field& f) {
      if (const auto e = detail::as_exception(f.value)) write_exception(out, f.key, *e);
    });
    out.raw('\n');
  }

 private:
  bool colour_;
};

}  // namespace

std::shared_ptr<const encoder> pretty_encoder(bool colour) {
  // Never destroyed: records are encoded in static destructors too.
  static const auto& plain_instance = *new std::shared_ptr<const encoder>(std::make_shared<pretty>(false));
  static const auto& colour_instance = *new std::shared_ptr<const encoder>(std::make_shared<pretty>(true));
  return colour ? colour_instance : plain_instance;
}

}  // namespace ctxlog
