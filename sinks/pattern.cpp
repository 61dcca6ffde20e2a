// Lines of the user's own making.
// SPDX-License-Identifier: MIT
#include <array>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ctxlog/encoder.hpp"
#include "ctxlog/record.hpp"
#include "encoding_cache.hpp"
#include "fields_object.hpp"
#include "terminal_output.hpp"

namespace ctxlog {
namespace {

using detail::terminal_output;

// Writes one part of the line; `text` is the literal text, or the key of `extra[key]`.
using part_writer = void (*)(terminal_output& out, const record&, std::string_view text);

struct part {
  part_writer write;
  std::string text;
};

void write_literal(terminal_output& out, const record&, std::string_view text) { out.raw(text); }

void write_field(terminal_output& out, const record& rec, std::string_view key) {
  if (const value* found = rec.find(key)) out.text(*found);
}

void write_thread(terminal_output& out, const record& rec, std::string_view) {
  if (rec.thread_name().empty())
    out.text(value(rec.thread_id()));
  else
    out.escaped(rec.thread_name());
}

void write_extra(terminal_output& out, const record& rec, std::string_view) {
  out.through([&](fmt::memory_buffer& buffer) {
    detail::json_output json(buffer);
    detail::write_fields_object(json, rec);
  });
}

constexpr std::array<std::pair<std::string_view, part_writer>, 9> writers{
    {{"time",
      [](terminal_output& out, const record& rec, std::string_view) {
        out.written(32,
                    [&](char* p) { return rec.cache().utc.write(p, rec.time().time_since_epoch().count()); });
      }},
     {"level", [](terminal_output& out, const record& rec,
                  std::string_view) { out.escaped(level_label(rec.level())); }},
     {"logger", [](terminal_output& out, const record& rec, std::string_view) { out.escaped(rec.logger()); }},
     {"message",
      [](terminal_output& out, const record& rec, std::string_view) { out.escaped(rec.message()); }},
     {"extra", write_extra},
     {"file", [](terminal_output& out, const record& rec,
                 std::string_view) { out.escaped(rec.where().file_name()); }},
     {"line", [](terminal_output& out, const record& rec,
                 std::string_view) { out.text(value(std::int64_t{rec.where().line})); }},
     {"function",
      [](terminal_output& out, const record& rec, std::string_view) { out.escaped(rec.where().function); }},
     {"thread", write_thread}}};

[[noreturn]] void refuse(std::string_view pattern, const std::string& why) {
  throw std::invalid_argument("pattern_encoder: \"" + std::string(pattern) + "\": " + why);
}

part named_part(std::string_view pattern, std::string_view name) {
  for (const auto& [known, write] : writers)
    if (known == name) return {write, {}};
  constexpr std::string_view prefix = "extra[";
  if (name.starts_with(prefix) && name.ends_with(']') && name.size() > prefix.size() + 1)
    return {write_field, std::string(name.substr(prefix.size(), name.size() - prefix.size() - 1))};
  refuse(pattern, "{" + std::string(name) +
                      "} is none of {time}, {level}, {logger}, {message}, {extra}, {extra[KEY]}, {file}, "
                      "{line}, {function}, {thread}");
}

std::vector<part> parse(std::string_view pattern) {
  std::vector<part> parts;
  std::string literal;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c != '{' && c != '}') {
      literal += c;
    } else if (i + 1 < pattern.size() && pattern[i + 1] == c) {
      literal += c;
      ++i;
    } else {
      const std::size_t end = c == '{' ? pattern.find('}', i) : pattern.npos;
      if (end == pattern.npos)
        refuse(pattern, "unmatched '" + std::string(1, c) + "' at byte " + std::to_string(i) +
                            "; a brace of the text is written twice");
      parts.push_back({write_literal, std::exchange(literal, {})});
      parts.push_back(named_part(pattern, pattern.substr(i + 1, end - i - 1)));
      i = end;
    }
  }
  parts.push_back({write_literal, literal + "\n"});
  return parts;
}

class pattern final : public encoder {
 public:
  explicit pattern(std::string_view text) : parts_(parse(text)) {}

  void encode(const record& rec, fmt::memory_buffer& buffer) const override {
    terminal_output out(buffer);
    for (const part& p : parts_) p.write(out, rec, p.text);
  }

 private:
  std::vector<part> parts_;
};

}  // namespace

std::shared_ptr<const encoder> pattern_encoder(std::string_view pattern_text) {
  return std::make_shared<pattern>(pattern_text);
}

}  // namespace ctxlog
