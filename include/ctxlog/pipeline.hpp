// The way from records to sinks: which there are, what each takes, and what became of it.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ctxlog/encoder.hpp"
#include "ctxlog/export.hpp"
#include "ctxlog/level.hpp"
#include "ctxlog/sink.hpp"

namespace ctxlog {

using record_filter = std::function<bool(const record&)>;

struct sink_options {
  /// Records below are not given to this sink.
  ctxlog::level level = ctxlog::level::trace;
  /// Null: the encoder that the environment or configure() chose.
  std::shared_ptr<const ctxlog::encoder> encoder = nullptr;
  /// Runs after the patchers; false keeps the record from this sink. One that throws lets the record pass.
  record_filter filter = nullptr;
};

using sink_id = std::uint64_t;

/// From now on every record goes to `s` too. Safe while other threads log. The environment's sink stays until
/// remove_sinks() or configure() replaces it. Throws std::invalid_argument when `s` is empty.
CTXLOG_API sink_id add_sink(std::shared_ptr<sink> s, sink_options options = {});

/// Flushes the sink and lets go of it: when this returns, no thread is inside it and none will be. False when
/// there is no sink of that id (any more).
CTXLOG_API bool remove_sink(sink_id);

/// Removes all sinks, the environment's own included.
CTXLOG_API void remove_sinks();

/// A filter by the record's logger: the nearest name in the list decides, `a.b` for `a.b` and `a.b.c`, `""`
/// for all that match nothing else; a record passes when it has at least that level (`level::off`: never).
/// Loggers that match nothing pass.
CTXLOG_API record_filter levels_by_logger(std::initializer_list<std::pair<std::string_view, level>> levels);

struct sink_statistics {
  std::string name;
  std::uint64_t accepted = 0;  // offered to the sink after level and filter
  std::uint64_t written = 0;
  std::uint64_t dropped = 0;  // refused by the sink or impossible to encode; accepted == written + dropped
};

struct statistics {
  // Records that no sink could be offered: made inside a filter, encoder or sink, after shutdown(), or when
  // memory ran out.
  std::uint64_t undelivered = 0;
  std::uint64_t patch_errors = 0;      // patchers and filters that threw
  std::vector<sink_statistics> sinks;  // present ones in the order of addition
  sink_statistics removed;             // the sum of those no longer there
};

/// A consistent account per sink; records in flight on other threads may be in one number and not yet in
/// another.
CTXLOG_API statistics stats();

/// Writes out what the sinks hold back. False when a sink still holds something that could not be written.
CTXLOG_API bool flush();

/// Flushes and removes all sinks. Records made afterwards are counted as undelivered and said once on stderr.
/// Returns the final account. Not needed before a normal exit: sinks are flushed then.
CTXLOG_API statistics shutdown();

}  // namespace ctxlog
