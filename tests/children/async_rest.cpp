// Logs, waits until the pipeline's thread is at rest, sees it rest, and wakes it by one record; 0 when all of that
// happened.
// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

#include "ctxlog/ctxlog.hpp"
#include "ctxlog/sinks/callback.hpp"

namespace {

using namespace std::chrono_literals;

std::string line_of(const std::filesystem::path& file, const std::string& begin) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(begin)) return line.substr(begin.size());
  return {};
}

/// How often the pipeline's thread went to sleep; -1 while it is awake.
long times_asleep() {
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    if (line_of(task.path() / "comm", "") != "ctxlog") continue;
    const auto status = task.path() / "status";
    if (line_of(status, "State:\t").front() != 'S') return -1;
    return std::stol(line_of(status, "voluntary_ctxt_switches:"));
  }
  return -1;
}

/// Whether the thread was asleep for `most_looks` looks in a row at last.
bool comes_to_rest() {
  constexpr int most_looks = 2000, looks_at_rest = 30;
  long last = -1;
  int same = 0;
  for (int look = 0; look < most_looks && same < looks_at_rest; ++look) {
    const long now = times_asleep();
    same = now != -1 && now == last ? same + 1 : 0;
    last = now;
    std::this_thread::sleep_for(5ms);
  }
  return same == looks_at_rest;
}

int fail(const char* what) {
  std::puts(what);
  return 1;
}

}  // namespace

int main() {
  ::alarm(60);
  std::atomic<int> lines{0};
  ctxlog::configure({.pipeline = ctxlog::async_pipeline(),
                     .sinks = {{ctxlog::configured_sink{std::make_shared<ctxlog::callback_sink>(
                         [&](const ctxlog::record&, std::string_view) { lines.fetch_add(1); })}}}});
  for (int round = 1; round <= 5; ++round) {
    ctxlog::info("from the main thread");
    std::thread([] { ctxlog::info("from a new one"); }).join();
    for (int waited = 0; lines != 2 * round; ++waited) {
      if (waited == 5000) return fail("a record was not written");
      std::this_thread::sleep_for(1ms);
    }
    if (!comes_to_rest()) return fail("the pipeline's thread does not rest");
  }
  std::puts("rested and woke");
  ctxlog::configure({.sinks = std::vector<ctxlog::configured_sink>()});
}
