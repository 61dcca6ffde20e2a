// Encoders: from a record to the bytes of one line in one schema.
// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>

#include <memory>
#include <string>
#include <string_view>

#include "ctxlog/export.hpp"

namespace ctxlog {

class record;

/// Stateless towards the outside: one encoder serves any number of threads and sinks. Sinks that share an
/// encoder share its work, so keep one instance rather than making two alike.
class CTXLOG_API encoder {
 public:
  encoder(const encoder&) = delete;
  encoder& operator=(const encoder&) = delete;
  virtual ~encoder() = default;

  /// Appends the record as one physical line, its newline included; what stands in `out` before it may be lines of
  /// other records, and stays. Mostly called under the lock of the sink that the line is for. May throw std::bad_alloc
  /// only: data of any kind is encoded, never refused. A record of which nothing is appended is lost, and counted so.
  virtual void encode(const record&, fmt::memory_buffer& out) const = 0;

 protected:
  encoder() = default;
};

/// The default schema of PROD: one flat JSON object a line, see docs/schema.md.
CTXLOG_API std::shared_ptr<const encoder> json_encoder();

/// Members of the default schema that a program may do without, to have lines that are about an eighth shorter.
struct json_options {
  bool function = true;          ///< `function`, where the record was made
  bool message_template = true;  ///< `template`, the message as it stands in the source
};

/// The default schema without some members. Each call makes a new encoder.
CTXLOG_API std::shared_ptr<const encoder> json_encoder(const json_options&);

/// Elastic Common Schema by the rules of ecs-logging, for Elasticsearch: strings under `labels`, other values
/// under `ctxlog` with their type in the name. OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES are read by
/// this call, as they are by gcp_encoder(), datadog_encoder() and otlp_encoder(); each of these makes a new
/// encoder.
CTXLOG_API std::shared_ptr<const encoder> ecs_encoder();

/// Google Cloud's structured logging. GOOGLE_CLOUD_PROJECT makes the trace id a path of that project.
CTXLOG_API std::shared_ptr<const encoder> gcp_encoder();

/// Datadog's standard attributes.
CTXLOG_API std::shared_ptr<const encoder> datadog_encoder();

/// OTLP in JSON, one LogsData object a line (OpenTelemetry protocol file exporter), for a Collector.
CTXLOG_API std::shared_ptr<const encoder> otlp_encoder();

/// `key=value` pairs as go-logfmt reads them, for Loki.
CTXLOG_API std::shared_ptr<const encoder> logfmt_encoder();

/// The nested schema of loguru's `serialize=True`: `{"text": …, "record": {…}}`.
CTXLOG_API std::shared_ptr<const encoder> loguru_encoder();

/// For people: time, level, logger, message, then all fields as `key=value`, then the place in the source.
CTXLOG_API std::shared_ptr<const encoder> pretty_encoder(bool colour);

/// A line of the user's own making: `"{time} | {level} | {message} | {extra}"`. The names are `time`,
/// `level`, `logger`, `message`, `extra` (all fields), `file`, `line`, `function`, `thread` (its name, else
/// its id) and, as `extra[key]`, one field; `{{` and `}}` are braces. Throws std::invalid_argument naming
/// what it does not know.
CTXLOG_API std::shared_ptr<const encoder> pattern_encoder(std::string_view pattern);

}  // namespace ctxlog
