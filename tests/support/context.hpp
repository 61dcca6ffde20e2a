// Helpers of tests that use contexts: leak checks, a pool that knows nothing of contexts, child programs.
// SPDX-License-Identifier: MIT
#pragma once

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "ctxlog/context.hpp"

extern "C" char** environ;

namespace context_test {

/// Fixture: the test leaves neither a context nor a value behind, and misuses nothing it does not announce.
class clean_context {
 public:
  clean_context() {
    CHECK(ctxlog::detail::live_nodes() == 0);
    CHECK(ctxlog::detail::live_cells() == 0);
  }
  clean_context(const clean_context&) = delete;
  clean_context& operator=(const clean_context&) = delete;
  ~clean_context() {
    CHECK_FALSE(ctxlog::context::current());
    CHECK(ctxlog::detail::live_nodes() == 0);
    CHECK(ctxlog::detail::live_cells() == 0);
    CHECK(ctxlog::mismatch_count() == mismatches_at_start_ + expected_mismatches);
  }

 protected:
  std::uint64_t expected_mismatches = 0;

 private:
  std::uint64_t mismatches_at_start_ = ctxlog::mismatch_count();
};

/// A value that cannot be made.
struct throws_from_constructor {
  explicit throws_from_constructor(int) { throw std::runtime_error("no value today"); }
};

/// Thread pool that runs what it is given, knows nothing of contexts, and counts those left behind.
class worker_pool {
 public:
  explicit worker_pool(int threads) {
    for (int i = 0; i != threads; ++i) workers_.emplace_back([this] { work(); });
  }
  worker_pool(const worker_pool&) = delete;
  worker_pool& operator=(const worker_pool&) = delete;
  ~worker_pool() { finish(); }

  void post(std::function<void()> job) {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
    arrived_.notify_one();  // under the lock: once the job has run, this may be destroyed
  }

  template <class F, class... Args>
  auto submit(F f, Args... args) {
    using result = std::invoke_result_t<F&, Args&...>;
    auto task = std::make_shared<std::packaged_task<result()>>(
        [f = std::move(f), ... args = std::move(args)]() mutable { return f(args...); });
    auto pending = task->get_future();
    post([task] { (*task)(); });
    return pending;
  }

  /// Ends the threads, once nothing is left to do; returns after how many jobs a context was left behind.
  int finish() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    arrived_.notify_all();
    for (std::thread& worker : workers_) worker.join();
    workers_.clear();
    return leaks_;
  }

 private:
  void work() {
    while (std::function<void()> job = next()) {
      job();
      job = nullptr;
      leaks_ += static_cast<bool>(ctxlog::context::current());
    }
  }

  std::function<void()> next() {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (jobs_.empty()) return nullptr;
    auto job = std::move(jobs_.front());
    jobs_.pop_front();
    return job;
  }

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<std::function<void()>> jobs_;
  bool stopping_ = false;
  std::atomic<int> leaks_ = 0;
  std::vector<std::thread> workers_;
};

struct program_result {
  int status = -1;  // exit status, or 128 + signal
  std::string output;
};

/// Runs a program to its end and collects its standard output.
inline program_result run_program(std::vector<std::string> command) {
  std::array<int, 2> ends{};
  REQUIRE(pipe(ends.data()) == 0);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, ends[0]);
  posix_spawn_file_actions_addclose(&actions, ends[1]);
  std::vector<char*> arguments;
  for (std::string& word : command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t child = 0;
  const int failure = posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  REQUIRE(failure == 0);

  program_result result;
  std::array<char, 4096> buffer{};
  for (ssize_t size = 0; (size = read(ends[0], buffer.data(), buffer.size())) > 0;) {
    result.output.append(buffer.data(), static_cast<std::size_t>(size));
  }
  close(ends[0]);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

}  // namespace context_test
