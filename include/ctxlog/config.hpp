// Configuration from code and from the environment.
// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ctxlog/encoder.hpp"
#include "ctxlog/export.hpp"
#include "ctxlog/field_set.hpp"
#include "ctxlog/level.hpp"
#include "ctxlog/patcher.hpp"
#include "ctxlog/pipeline.hpp"

namespace ctxlog {

/// DEV is for a developer's terminal: pretty, on stderr, from debug up. PROD is for a platform: JSON, on
/// stdout, from info up.
enum class mode { dev, prod };

/// The schemas of docs/schema.md, by the names that LOG_FORMAT knows.
enum class format { pretty, json, ecs, gcp, datadog, otlp, loguru, logfmt };

struct configured_sink {
  std::shared_ptr<ctxlog::sink> sink;
  sink_options options = {};
};

/// What is set here beats the environment; what is not set stays as it is. `configure({.patchers = {p}})`
/// replaces the patchers of an earlier call, it does not add to them.
struct configuration {
  /// As if ENV had this value: chooses format, stream and root level, except those that are set otherwise.
  std::optional<ctxlog::mode> mode = std::nullopt;
  std::optional<ctxlog::format> format = std::nullopt;
  /// As LOG_LEVEL: "warn,net=debug,net.tls=trace". A part that means nothing is reported on stderr and
  /// skipped.
  std::optional<std::string> levels = std::nullopt;
  /// Colours of pretty output on the environment's own sink; beats NO_COLOR and the terminal test.
  std::optional<bool> colour = std::nullopt;
  /// Run for every record of every logger, in this order.
  std::optional<std::vector<patcher>> patchers = std::nullopt;
  /// Fields of every record.
  std::shared_ptr<const field_set> fields = nullptr;
  /// Beats LOG_ASYNC. Records that are pending are delivered before later ones of their thread. Throws
  /// std::invalid_argument for sizes that async_pipeline does not allow.
  std::optional<ctxlog::pipeline> pipeline = std::nullopt;
  /// Instead of the environment's sink and those added before.
  std::optional<std::vector<configured_sink>> sinks = std::nullopt;
};

/// Any time, any thread; records in flight use the old or the new configuration, none is lost. Throws
/// std::invalid_argument for an empty sink and then changes nothing; else std::bad_alloc only.
CTXLOG_API void configure(configuration);

/// The fields of every record: `configure({.fields = fields(kv("region", "eu"))})`.
template <class... Fields>
std::shared_ptr<const field_set> fields(const Fields&... fields) {
  auto set = std::make_shared<field_set>();
  set->add(fields...);
  return set;
}

/// Forgets configure(), the levels set in code and all sinks, and reads the environment again, as the first
/// log call did. Other threads must not change the environment meanwhile (getenv and setenv race).
CTXLOG_API void configure_from_environment();

/// Sets the environment variables that a file of `KEY=value` lines names, except those that are set already:
/// the environment wins. Blank lines, `#` comments, `export ` and single or double quotes are understood; a
/// line that is none of these is reported on stderr, without its value, and skipped. False when there is no
/// such file. Call it before the first record and before other threads start (setenv).
CTXLOG_API bool load_dotenv(const std::string& path = ".env");

}  // namespace ctxlog
