// Fuzz target: hostile text through every encoder: message, then pairs of key and value.
// SPDX-License-Identifier: MIT
#include <memory>
#include <nlohmann/json.hpp>

#include "ctxlog/ctxlog.hpp"
#include "ctxlog/sinks/callback.hpp"
#include "support.hpp"
#include "text/utf8.hpp"

namespace {

bool is_one_line(std::string_view line) {
  return line.ends_with('\n') && line.find('\n') == line.size() - 1 && ctxlog::detail::is_valid_utf8(line);
}

bool is_harmless(std::string_view line) {
  const char* const last = line.data() + line.size() - 1;
  for (const char* in = line.data(); in != last;) {
    const auto step = ctxlog::detail::decode_utf8(in, last);
    if (ctxlog::detail::is_unsafe(step.code_point)) return false;
    in += step.size;
  }
  return true;
}

int lines_seen = 0;

void check_text(const ctxlog::record&, std::string_view line) {
  FUZZ_CHECK(is_one_line(line) && is_harmless(line));
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
  for (auto& encoder : {ctxlog::logfmt_encoder(), ctxlog::pretty_encoder(false),
                        ctxlog::pattern_encoder("{level} {message} {extra}")}) {
    add(encoder, check_text);
    ++count;
  }
  return count;
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
