// Helpers of tests of the asynchronous pipeline: starting and ending it, sinks that keep or hold lines, accounts.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <condition_variable>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "logger.hpp"
#include "sanitizers.hpp"
#include "strict_json.hpp"

namespace async_test {

using namespace std::chrono_literals;
using ctxlog::async_pipeline;
using ctxlog::kv;
using ctxlog::level;
using ctxlog::overflow;
using ctxlog::record;
using logger_test::account_of;
using logger_test::as_json;
using logger_test::calling;

/// Long enough that a test that reaches it hangs for good.
inline constexpr auto for_ever = std::chrono::hours(1);
/// The most that a test waits for what must happen.
inline constexpr auto patience = 60s;

inline void go_async(async_pipeline options = {}) { ctxlog::configure({.pipeline = std::move(options)}); }
inline void go_sync() { ctxlog::configure({.pipeline = ctxlog::sync_pipeline()}); }

/// Fixture: nothing is pending before the test nor after it.
class clean_async : public logger_test::clean_logging {
 public:
  clean_async() { go_sync(); }
  ~clean_async() {
    CHECK(ctxlog::flush(patience));
    go_sync();
    ctxlog::remove_sinks();
  }
};

/// Keeps the lines it is given.
class keeping_sink : public ctxlog::sink {
 public:
  std::error_code write(const record&, std::string_view line) override {
    const std::lock_guard lock(mutex_);
    text_ += line;
    return {};
  }
  std::string_view name() const noexcept override { return "keeping"; }

  std::string text() const {
    const std::lock_guard lock(mutex_);
    return text_;
  }
  std::vector<strict_json::object> lines() const { return strict_json::parse_lines(text()); }

 private:
  mutable std::mutex mutex_;
  std::string text_;
};

/// Adds a sink that keeps JSON lines.
inline std::shared_ptr<keeping_sink> keep_lines() {
  auto sink = std::make_shared<keeping_sink>();
  ctxlog::add_sink(sink, as_json());
  return sink;
}

/// Holds whoever comes in until it is opened.
class gate {
 public:
  void pass() {
    std::unique_lock lock(mutex_);
    ++inside_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  /// Returns when somebody is held.
  void wait_for_guest() {
    std::unique_lock lock(mutex_);
    REQUIRE(changed_.wait_for(lock, patience, [this] { return inside_ != 0; }));
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  int inside_ = 0;
};

/// Keeps lines, but the first one waits at the gate.
class held_sink final : public keeping_sink {
 public:
  ~held_sink() override { door.open(); }
  std::error_code write(const record& rec, std::string_view line) override {
    door.pass();
    return keeping_sink::write(rec, line);
  }
  std::string_view name() const noexcept override { return "held"; }

  gate door;
};

inline std::shared_ptr<held_sink> hold_lines() {
  auto sink = std::make_shared<held_sink>();
  ctxlog::add_sink(sink, as_json());
  return sink;
}

/// Runs `body` on a thread of its own; fails when it does not end.
template <class F>
void require_end_of(F body) {
  std::packaged_task<void()> task(std::move(body));
  auto ended = task.get_future();
  std::thread thread(std::move(task));
  const bool in_time = ended.wait_for(patience) == std::future_status::ready;
  if (!in_time) thread.detach();
  REQUIRE(in_time);
  thread.join();
}

/// What the pipeline counted from the construction on.
class account {
 public:
  ctxlog::pipeline_statistics now() const {
    auto present = ctxlog::stats().pipeline;
    present.accepted -= before_.accepted;
    present.delivered -= before_.delivered;
    present.dropped -= before_.dropped;
    return present;
  }
  std::uint64_t dropped(ctxlog::drop_reason reason, level l) const {
    return count(ctxlog::stats().pipeline, reason, l) - count(before_, reason, l);
  }

 private:
  static std::uint64_t count(const ctxlog::pipeline_statistics& of, ctxlog::drop_reason reason, level l) {
    for (const auto& each : of.dropped_by)
      if (each.reason == reason && each.level == l) return each.count;
    return 0;
  }
  ctxlog::pipeline_statistics before_ = ctxlog::stats().pipeline;
};

/// The numbers "n" of each "writer", in the order of the lines; lines without a writer are left out.
inline std::map<int, std::vector<int>> numbers_by_writer(const std::vector<strict_json::object>& lines) {
  std::map<int, std::vector<int>> result;
  for (const auto& line : lines)
    if (line.has("writer")) result[line.get<int>("writer")].push_back(line.get<int>("n"));
  return result;
}

/// Whether `numbers` are 0...count-1.
inline bool is_counted(const std::vector<int>& numbers, int count) {
  if (numbers.size() != static_cast<std::size_t>(count)) return false;
  for (int i = 0; i < count; ++i)
    if (numbers[static_cast<std::size_t>(i)] != i) return false;
  return true;
}

}  // namespace async_test
