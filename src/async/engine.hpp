// The asynchronous pipeline: the queues of all threads and the thread that empties them.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "async/queue.hpp"
#include "async/queue_file.hpp"
#include "async/site_table.hpp"
#include "ctxlog/pipeline.hpp"

namespace ctxlog::detail {

class consumer;

inline constexpr std::size_t drop_reasons = 4;
using drop_counts = std::array<std::atomic<std::uint64_t>, 256>;  // by level

// Lives as long as settings name it or a thread has a queue of it; its own thread keeps it until then.
class engine {
 public:
  // Starts the thread. Throws std::system_error when there is neither memory nor a thread.
  static std::shared_ptr<engine> start(const async_pipeline&);
  explicit engine(const async_pipeline&);
  ~engine();

  const async_pipeline& options() const noexcept { return options_; }
  queue_file& file() noexcept { return file_; }
  site_writer& sites() noexcept { return sites_; }

  // A queue for the calling thread, or null when `memory_bytes` are in use. It goes back with leave().
  queue* take_queue() noexcept;
  void leave(queue&) noexcept;

  void wake() noexcept;
  // Other than 0 while callers must wake it, which they need not from a light sleep.
  const std::atomic<std::uint32_t>& sleeps_deep() const noexcept { return sleeps_deep_; }
  void wait_for_delivery() noexcept;  // a little; wakes the engine's thread
  // Until what was published before the call is delivered; false after the time.
  bool drain(std::chrono::steady_clock::time_point deadline) noexcept;
  // No settings name it any more.
  void close() noexcept;

  void count_dropped(drop_reason, level) noexcept;
  void add_statistics(pipeline_statistics&) noexcept;
  void remove_file_name() noexcept { file_.remove_name(); }

  // In the child of a fork: it has neither the thread nor the memory.
  bool is_lost() const noexcept { return lost_.load(std::memory_order_relaxed); }
  void lock_for_fork() noexcept {
    mutex_.lock();
    sites_.lock();
  }
  void unlock_after_fork() noexcept {
    sites_.unlock();
    mutex_.unlock();
  }
  void lose() noexcept;

 private:
  friend class consumer;
  struct queue_slot {
    std::unique_ptr<queue> held;
    bool taken = false;
  };

  void run() noexcept;
  void sleep(const consumer&, std::chrono::nanoseconds most, bool deep) noexcept;
  bool has_taken_queue() noexcept;

  async_pipeline options_;
  queue_file file_;
  site_writer sites_;

  std::mutex mutex_;  // guards slots_
  std::vector<queue_slot> slots_;
  std::atomic<std::uint32_t> slots_in_use_{0};  // changes with slots_

  std::atomic<std::uint32_t> sleeps_light_{0};
  std::atomic<std::uint32_t> drains_asked_{0}, drains_done_{0};
  std::atomic<bool> closing_{false};
  std::atomic<std::uint64_t> delivered_{0}, recovered_{0};
  std::array<drop_counts, drop_reasons> dropped_{};
  std::atomic<bool> dropped_more_{false};  // since the last record that said so
  // Read by callers, the first with every record: in a cache line that nobody writes to while there are records.
  alignas(64) std::atomic<std::uint32_t> sleeps_deep_{0};
  std::atomic<bool> lost_{false};
};

// All engines that live; for flush(), stats(), exit and fork.
std::vector<std::shared_ptr<engine>> live_engines() noexcept;
bool drain_engines(std::chrono::steady_clock::time_point deadline) noexcept;
pipeline_statistics pipeline_account();
void lock_engines() noexcept;
void unlock_engines() noexcept;
void lose_engines() noexcept;

// Throws std::invalid_argument naming what is out of range.
void check(const async_pipeline&);

}  // namespace ctxlog::detail
