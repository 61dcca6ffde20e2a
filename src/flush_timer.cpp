// The thread that flushes sinks when they are due.
// SPDX-License-Identifier: MIT
#include "flush_timer.hpp"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <new>
#include <thread>
#include <utility>
#include <vector>

#include "pipeline_delivery.hpp"
#include "quiet_thread.hpp"
#include "settings.hpp"

namespace ctxlog::detail {
namespace {

using clock = std::chrono::system_clock;

struct flush_timer {
  struct entry {
    std::weak_ptr<sink_slot> slot;
    clock::time_point due;
  };

  std::mutex mutex;
  std::condition_variable changed;
  std::vector<entry> entries;
  bool is_running = false;
  flush_timer* parents = nullptr;
};

// Never destroyed: sinks are written to in static destructors too. The child of a fork gets another one.
constinit flush_timer* current = nullptr;

flush_timer& the_timer() {
  static const bool made = [] {
    current = new flush_timer;
    return true;
  }();
  static_cast<void>(made);
  return *current;
}

// Flushes the sink when it is due; when to look again, or never when nothing is kept back.
clock::time_point look_after(sink_slot& slot) {
  const std::lock_guard lock(slot.mutex);
  if (!slot.target) return clock::time_point::max();
  clock::time_point due = slot.target->flush_due();
  if (due <= clock::now()) {
    flush_or_report(*slot.target);
    due = slot.target->flush_due();
    // What could not be written is tried again, but not at once.
    constexpr auto pause = std::chrono::milliseconds(100);
    if (due != clock::time_point::max()) due = std::max(due, clock::now() + pause);
  }
  if (due == clock::time_point::max()) slot.is_watched = false;
  return due;
}

void run(flush_timer& timer) {
  std::unique_lock lock(timer.mutex);
  while (true) {
    if (timer.entries.empty()) {
      timer.changed.wait(lock);
      continue;
    }
    const auto next = std::min_element(timer.entries.begin(), timer.entries.end(),
                                       [](const auto& a, const auto& b) { return a.due < b.due; });
    if (next->due > clock::now()) {
      const auto due = next->due;
      timer.changed.wait_until(lock, due);
      continue;
    }
    flush_timer::entry taken = std::move(*next);
    timer.entries.erase(next);
    lock.unlock();
    if (const auto slot = taken.slot.lock()) taken.due = look_after(*slot);
    lock.lock();
    if (taken.due != clock::time_point::max() && !taken.slot.expired())
      timer.entries.push_back(std::move(taken));
  }
}

}  // namespace

void watch_flush(sink_slot& slot) noexcept {
  try {
    const clock::time_point due = slot.target->flush_due();
    if (due == clock::time_point::max()) return;
    flush_timer& timer = the_timer();
    const std::lock_guard lock(timer.mutex);
    if (!timer.is_running) start_quiet_thread("ctxlog-flush", [&timer] { run(timer); });
    timer.is_running = true;
    timer.entries.push_back({slot.weak_from_this(), due});
    slot.is_watched = true;
    timer.changed.notify_one();
  } catch (...) {  // no memory or no thread: the next write tries again
  }
}

void lock_flush_timer() noexcept { the_timer().mutex.lock(); }
void unlock_flush_timer() noexcept { the_timer().mutex.unlock(); }
// The parent's stays as it is: its thread is not here, and may have been in the middle of something.
void forget_flush_timer() noexcept {
  auto* const fresh = new (std::nothrow) flush_timer;
  if (!fresh) return;
  fresh->parents = current;
  fresh->mutex.lock();
  current = fresh;
}

}  // namespace ctxlog::detail
