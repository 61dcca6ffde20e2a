// The way from records to sinks: which there are, what each takes, and what became of it.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
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

/// Each record is encoded and given to the sinks by the thread that logs it. The default.
struct sync_pipeline {
  friend bool operator==(const sync_pipeline&, const sync_pipeline&) = default;
};

/// What a record meets whose thread's queue is full.
enum class overflow : std::uint8_t {
  block,        // the caller waits until there is room
  block_for,    // the same for `block_timeout`, then the record is dropped
  drop_newest,  // the record is dropped
  drop_oldest,  // the oldest ones of the queue are dropped
  drop_below    // records below `protected_level` are dropped when less than a fifth of the queue is free
};

/// The values of a record are copied into a queue of the calling thread; a thread of the library encodes and
/// writes behind. What is written is the same, byte for byte, as by the sync pipeline: patchers still see the
/// context of the call. Records of one thread keep their order; those of different threads are ordered by time
/// as far as they are at most 50 microseconds under way.
///
/// With `crash_safe` the queues are a file in memory that outlives the process: what was accepted before SIGKILL,
/// a crash, `_exit` or an abort is delivered by the next start of the same program, after which a record says so,
/// or by the command `ctxlog recover`. The file is lost with the machine's power.
struct async_pipeline {
  /// Of each thread; a power of two from 16 KiB to 64 MiB. A record above an eighth of it is delivered by its
  /// caller, in order.
  std::size_t queue_bytes = 256 * 1024;
  /// Of all queues; threads above deliver their records themselves.
  std::size_t memory_bytes = 16 * 1024 * 1024;
  overflow when_full = overflow::block;
  /// For `block_for`, and how long protected records wait under the dropping policies.
  std::chrono::milliseconds block_timeout{1000};
  /// Records at or above are not dropped for want of room: their callers wait.
  ctxlog::level protected_level = ctxlog::level::warn;
  bool crash_safe = true;
  /// Where the file is made. Empty: a directory of this user in /dev/shm. A directory on a disk survives a
  /// container, but its kernel may stop callers while it writes.
  std::string directory = {};

  friend bool operator==(const async_pipeline&, const async_pipeline&) = default;
};

using pipeline = std::variant<sync_pipeline, async_pipeline>;

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

/// Why the async pipeline dropped records.
enum class drop_reason : std::uint8_t { newest, oldest, below_level, timed_out };

struct dropped_records {
  drop_reason reason;
  ctxlog::level level;
  std::uint64_t count;
};

struct pipeline_statistics {
  std::uint64_t accepted = 0;   // by the async pipeline: accepted == delivered + dropped + pending
  std::uint64_t delivered = 0;  // given to the sinks
  std::uint64_t pending = 0;    // still in a queue
  std::uint64_t dropped = 0;
  std::vector<dropped_records> dropped_by;  // the same by reason and level
  std::uint64_t recovered = 0;              // of earlier processes; not in `accepted`
};

struct statistics {
  // Records that no sink could be offered: made inside a filter, encoder or sink, after shutdown(), or when
  // memory ran out.
  std::uint64_t undelivered = 0;
  std::uint64_t patch_errors = 0;      // patchers and filters that threw
  std::vector<sink_statistics> sinks;  // present ones in the order of addition
  sink_statistics removed;             // the sum of those no longer there
  pipeline_statistics pipeline;
};

/// A consistent account per sink; records in flight on other threads may be in one number and not yet in
/// another.
CTXLOG_API statistics stats();

/// Delivers what the calling thread and all others logged before, and writes out what the sinks hold back. False
/// when a sink still holds something that could not be written, or when `timeout` passed first.
CTXLOG_API bool flush(std::chrono::milliseconds timeout = std::chrono::milliseconds::max());

/// Delivers what is pending, flushes and removes all sinks; after `timeout` it returns all the same, and what a
/// stuck sink keeps is left to it (`pending` in the account). Records made afterwards are counted as undelivered
/// and said once on stderr. Returns the final account. Not needed before a normal exit, which does as much.
CTXLOG_API statistics shutdown(std::chrono::milliseconds timeout = std::chrono::milliseconds::max());

}  // namespace ctxlog
