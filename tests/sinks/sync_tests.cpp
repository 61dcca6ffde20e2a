// When a file is brought to the disk, and what is said when the disk fails.
// SPDX-License-Identifier: MIT
#include <catch2/catch_test_macros.hpp>

#include "ctxlog/sinks/file.hpp"
#include "interposed.hpp"
#include "sinks.hpp"

using namespace sinks_test;
using namespace std::chrono_literals;
using ctxlog::fd_options;
using ctxlog::file_sink;
using ctxlog::level;
using ctxlog::sync_policy;

namespace {

// A log file, and how often it was synced since the last question.
struct synced_log {
  explicit synced_log(fd_options options) : sink((directory.path / "app.log").string(), options) { asked(); }
  ~synced_log() { sync_failure = 0; }

  int asked() {
    const int now = syncs.load();
    return now - std::exchange(before, now);
  }
  std::error_code write(std::chrono::seconds time, level l = level::info) {
    return sink.write(made_record(at(time), l), "line\n");
  }
  std::string bytes() const { return read_file(directory.path / "app.log"); }

  temporary_directory directory;
  file_sink sink;
  int before = 0;
};

}  // namespace

TEST_CASE("by default a file is never synced", "[H14]") {
  synced_log log({});
  for (const auto l : {level::info, level::critical}) CHECK_FALSE(log.write(1s, l));
  CHECK_FALSE(log.sink.flush());
  CHECK(log.asked() == 0);
}

TEST_CASE("sync_policy::always syncs each record, or each batch when records are gathered", "[H14]") {
  synced_log log({.sync = sync_policy::always});
  for (int written = 0; written < 3; ++written) CHECK_FALSE(log.write(1s));
  CHECK(log.asked() == 3);
  CHECK_FALSE(log.sink.flush());
  CHECK(log.asked() == 0);

  synced_log gathered({.buffer_size = 10, .sync = sync_policy::always});
  CHECK_FALSE(gathered.write(1s));
  CHECK_FALSE(gathered.write(1s));
  CHECK(gathered.asked() == 0);
  CHECK_FALSE(gathered.write(1s));
  CHECK(gathered.asked() == 1);
}

TEST_CASE("sync_policy::level syncs a record of that level with all before it", "[H14]") {
  synced_log log({.buffer_size = 1000, .flush_level = level::off, .sync = sync_policy::level});
  CHECK_FALSE(log.write(1s, level::warn));
  CHECK(log.asked() == 0);
  CHECK_FALSE(log.write(1s, level::error));
  CHECK(log.asked() == 1);
  CHECK(log.bytes() == "line\nline\n");
  CHECK_FALSE(log.write(1s));
  CHECK_FALSE(log.sink.flush());
  CHECK(log.asked() == 1);
}

TEST_CASE("sync_policy::interval syncs when the oldest record has waited for so long", "[H14]") {
  synced_log log({.sync = sync_policy::interval, .sync_interval = 5s});
  CHECK_FALSE(log.write(10s));
  CHECK(log.sink.flush_due() == at(15s));
  CHECK_FALSE(log.write(14s));
  CHECK(log.asked() == 0);
  CHECK_FALSE(log.write(15s));
  CHECK(log.asked() == 1);
  CHECK(log.sink.flush_due() == std::chrono::system_clock::time_point::max());

  CHECK_FALSE(log.write(100s));
  CHECK(log.sink.flush_due() == at(105s));
  CHECK_FALSE(log.sink.flush());
  CHECK(log.asked() == 1);
  CHECK_FALSE(log.sink.flush());
  CHECK(log.asked() == 0);
}

TEST_CASE("a failed sync is reported once, by the call that answers for the lines", "[H14]") {
  synced_log always({.sync = sync_policy::always});
  sync_failure = EIO;
  CHECK(always.write(1s) == std::errc::io_error);
  sync_failure = 0;
  CHECK_FALSE(always.sink.flush());
  CHECK_FALSE(always.write(1s));

  synced_log interval({.sync = sync_policy::interval, .sync_interval = 5s});
  CHECK_FALSE(interval.write(1s));
  sync_failure = EIO;
  CHECK_FALSE(interval.write(6s));
  sync_failure = 0;
  CHECK(interval.sink.flush() == std::errc::io_error);
  CHECK_FALSE(interval.sink.flush());
}

TEST_CASE("what is no regular file is not synced") {
  file_sink sink("/dev/null", {.sync = sync_policy::always});
  const int before = syncs.load();
  CHECK_FALSE(sink.write(any_record(), "line\n"));
  CHECK_FALSE(sink.flush());
  CHECK(syncs.load() == before);
}

TEST_CASE("the file left behind by a reopening is synced") {
  synced_log log({.sync = sync_policy::interval, .sync_interval = 1h});
  CHECK_FALSE(log.write(1s));
  CHECK_FALSE(log.sink.reopen());
  CHECK(log.asked() == 1);
}
