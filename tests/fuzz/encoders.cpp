// Fuzz target: hostile text through every encoder: message, then pairs of key and value.
// SPDX-License-Identifier: MIT
#include <memory>
#include <nlohmann/json.hpp>

#include "ctxlog/ctxlog.hpp"
#include "ctxlog/sinks/callback.hpp"
#include "support.hpp"
#include "text/utf8.hpp"

namespace {

// Of a line without its newline.
bool is_harmless(std::string_view line) {
  if (!ctxlog::detail::is_valid_utf8(line)) return false;
  const char* const last = line.data() + line.size();
  for (const char* in = line.data(); in != last;) {
    const auto step = ctxlog::detail::decode_utf8(in, last);
    if (ctxlog::detail::is_unsafe(step.code_point)) return false;
    in += step.size;
  }
  return true;
}

int lines_seen = 0;

void check_text(const ctxlog::record&, std::string_view line) {
  FUZZ_CHECK(line.ends_with('\n') && is_harmless(line.substr(0, line.size() - 1)));
  ++lines_seen;
}

// The lines of a message stand behind a gutter, so that none of them passes for a record.
void check_pretty(const ctxlog::record&, std::string_view text) {
  constexpr std::string_view gutter = "             \u2502 ";
  FUZZ_CHECK(text.ends_with('\n') && text.size() > 2 && text[2] == ':');
  for (bool first = true; !text.empty(); first = false) {
    const std::string_view line = text.substr(0, text.find('\n'));
    FUZZ_CHECK(is_harmless(line) && (first || line.starts_with(gutter)));
    text.remove_prefix(line.size() + 1);
  }
  ++lines_seen;
}

void check_json(const ctxlog::record& rec, std::string_view line) {
  check_text(rec, line);
  FUZZ_CHECK(nlohmann::json::parse(line).is_object());
}

void add(std::shared_ptr<const ctxlog::encoder> encoder,
         void (*check)(const ctxlog::record&, std::string_view)) {
  ctxlog::add_sink(std::make_shared<ctxlog::callback_sink>(check), {.encoder = std::move(encoder)});
}

int add_all() {
  ctxlog::remove_sinks();
  int count = 0;
  for (auto& encoder : {ctxlog::json_encoder(), ctxlog::ecs_encoder(), ctxlog::gcp_encoder(),
                        ctxlog::datadog_encoder(), ctxlog::otlp_encoder(), ctxlog::loguru_encoder()}) {
    add(encoder, check_json);
    ++count;
  }
  add(ctxlog::logfmt_encoder(), check_text);
  add(ctxlog::pattern_encoder("{level} {message} {extra}"), check_text);
  add(ctxlog::pretty_encoder(false), check_pretty);
  return count + 3;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const int encoders = add_all();
  const auto parts = fuzz::parts_of(fuzz::text_of(data, size));
  if (parts.empty()) return 0;
  auto fields = std::make_shared<ctxlog::field_set>();
  for (std::size_t i = 1; i + 1 < parts.size(); i += 2) fields->set(parts[i], parts[i + 1]);
  ctxlog::configure({.fields = std::move(fields)});
  lines_seen = 0;
  ctxlog::info("{}", parts[0]);
  FUZZ_CHECK(lines_seen == encoders);
  return 0;
}
