// The threads behind default_executor.
// SPDX-License-Identifier: MIT
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "ctxlog/coroutines/executor.hpp"
#include "ctxlog/thread_name.hpp"

namespace ctxlog::detail {
namespace {

class blocking_threads {
 public:
  // False: the process is ending.
  bool post(std::function<void()>& job) {
    const std::lock_guard lock(mutex_);
    if (ending_) return false;
    jobs_.push_back(std::move(job));
    if (idle_ >= jobs_.size() || threads_.size() == most_threads()) {
      arrived_.notify_one();
      return true;
    }
    try {
      threads_.emplace_back([this, number = threads_.size()] { work(number); });
    } catch (...) {
      if (!threads_.empty()) return true;  // the others will come to it
      job = std::move(jobs_.back());
      jobs_.pop_back();
      throw;
    }
    return true;
  }

  // Waits for the jobs there are, except for the one that is ending the process.
  void end() {
    std::vector<std::thread> threads;
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
      threads.swap(threads_);
    }
    arrived_.notify_all();
    for (std::thread& each : threads) {
      if (each.get_id() == std::this_thread::get_id())
        each.detach();
      else
        each.join();
    }
  }

 private:
  static std::size_t most_threads() {
    static const std::size_t most = std::min(32u, std::thread::hardware_concurrency() + 4);
    return most;
  }

  void work(std::size_t number) {
    set_thread_name("ctxlog-pool-" + std::to_string(number));
    while (const std::function<void()> job = next()) job();
  }

  std::function<void()> next() {
    std::unique_lock lock(mutex_);
    ++idle_;
    arrived_.wait(lock, [this] { return ending_ || !jobs_.empty(); });
    --idle_;
    if (jobs_.empty()) return nullptr;
    auto job = std::move(jobs_.front());
    jobs_.pop_front();
    return job;
  }

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<std::function<void()>> jobs_;
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  bool ending_ = false;
};

// Never freed: its threads may outlive every static object. A forked child starts another one, for the
// threads of this one are not there and its mutex may be locked for ever.
constinit std::atomic<blocking_threads*> present{nullptr};
constinit std::atomic<blocking_threads*> of_parent{nullptr};  // reachable, so that it is no leak

struct process_end {
  ~process_end() {
    if (blocking_threads* const ending = present.load(std::memory_order_acquire)) ending->end();
  }
};

void leave_to_parent() noexcept { of_parent = present.exchange(nullptr); }

blocking_threads& threads() {
  static const bool watched = [] {
    static process_end at_end;
    return ::pthread_atfork(nullptr, nullptr, leave_to_parent) == 0;
  }();
  static_cast<void>(watched);
  if (blocking_threads* const there = present.load(std::memory_order_acquire)) return *there;
  const auto made = new blocking_threads;
  blocking_threads* none = nullptr;
  if (present.compare_exchange_strong(none, made, std::memory_order_acq_rel)) return *made;
  delete made;
  return *none;
}

}  // namespace

void post_to_default_executor(std::function<void()> job) {
  if (!threads().post(job)) job();
}

}  // namespace ctxlog::detail
