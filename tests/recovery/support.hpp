// Helpers of the recovery tests: programs to kill, the directory of their queues, and what became of their records.
// SPDX-License-Identifier: MIT
#pragma once

#include <sched.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sinks.hpp"

namespace recovery_test {

namespace fs = std::filesystem;
using sinks_test::read_file;
using sinks_test::split_lines;
using strings = std::vector<std::string>;

inline const std::string writer = CTXLOG_CHILDREN_DIR "/recovery_writer";

/// A log file and a directory for queues; goes away with all that is in it.
class workspace {
 public:
  workspace() {
    const bool has_memory = ::access("/dev/shm", W_OK | X_OK) == 0;
    std::string pattern = std::string(has_memory ? "/dev/shm" : "/tmp") + "/ctxlog-recovery-XXXXXX";
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    root = pattern;
    log = root / "app.log";
    queues = root / "queues";
    fs::create_directory(queues);
  }
  workspace(const workspace&) = delete;
  workspace& operator=(const workspace&) = delete;
  ~workspace() {
    std::error_code ignored;
    fs::remove_all(root, ignored);
  }

  strings queue_files() const {
    strings found;
    for (const auto& entry : fs::directory_iterator(queues))
      if (entry.path().string().ends_with(".ctxlog-queue")) found.push_back(entry.path().string());
    return found;
  }
  std::string only_queue_file() const {
    const auto found = queue_files();
    REQUIRE(found.size() == 1);
    return found[0];
  }

  fs::path root, log, queues;
};

/// A running program; killed when nobody waited for it.
class process {
 public:
  explicit process(strings words, int input = -1, int output = -1, int errors = -1) {
    std::vector<char*> pointers;
    for (auto& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    for (const auto& [from, to] : {std::pair{input, 0}, {output, 1}, {errors, 2}})
      if (from != -1) ::posix_spawn_file_actions_adddup2(&actions, from, to);
    const int failure = ::posix_spawn(&id_, words[0].c_str(), &actions, nullptr, pointers.data(), ::environ);
    ::posix_spawn_file_actions_destroy(&actions);
    INFO("starting " << words[0]);
    REQUIRE(failure == 0);
  }
  process(const process&) = delete;
  process& operator=(const process&) = delete;
  ~process() {
    if (id_ == -1) return;
    kill();
    wait();
  }

  pid_t id() const noexcept { return id_; }
  void kill() const noexcept { ::kill(id_, SIGKILL); }
  bool has_ended() const noexcept {
    siginfo_t ended{};
    return ::waitid(P_PID, static_cast<id_t>(id_), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           ended.si_pid != 0;
  }
  /// The exit status, or minus the signal.
  int wait() { return sinks_test::wait_for(std::exchange(id_, -1)); }

 private:
  pid_t id_ = -1;
};

inline int run(strings words) { return process(std::move(words)).wait(); }

struct command_result {
  int status;
  std::string output, errors;
};

/// What a program prints goes through files: it may print more than a pipe holds.
inline command_result run_captured(const workspace& place, strings words) {
  const fs::path output = place.root / "stdout", errors = place.root / "stderr";
  const auto open = [](const fs::path& path) {
    return ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  };
  const int out = open(output), err = open(errors);
  const int status = process(std::move(words), -1, out, err).wait();
  ::close(out);
  ::close(err);
  return {status, read_file(output), read_file(errors)};
}

/// The program `recovery_writer` in that workspace.
inline strings writer_words(std::string_view action, const workspace& place, const strings& more = {}) {
  strings words{writer, std::string(action), place.log.string(), place.queues.string()};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}
inline int run_writer(std::string_view action, const workspace& place, const strings& more = {}) {
  return run(writer_words(action, place, more));
}

/// How many records each thread of a child made, in memory that outlives it.
class accepted_counts {
 public:
  using counters = std::array<std::atomic<long>, 4>;

  explicit accepted_counts(const workspace& place) : path_(place.root / "accepted") {
    std::ofstream(path_).close();
    fs::resize_file(path_, sizeof(counters));
    const int descriptor = ::open(path_.c_str(), O_RDWR | O_CLOEXEC);
    counters_ = static_cast<counters*>(
        ::mmap(nullptr, sizeof(counters), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0));
    ::close(descriptor);
    REQUIRE(counters_ != MAP_FAILED);
  }
  accepted_counts(const accepted_counts&) = delete;
  accepted_counts& operator=(const accepted_counts&) = delete;
  ~accepted_counts() { ::munmap(counters_, sizeof(counters)); }

  std::string path() const { return path_.string(); }
  long of(std::size_t thread) const { return (*counters_)[thread].load(); }
  long sum() const { return of(0) + of(1) + of(2) + of(3); }

 private:
  fs::path path_;
  counters* counters_;
};

/// A record of the sequences that `recovery_writer` logs, as far as its line is whole.
struct sequence_line {
  bool is_whole = false;
  long thread = -1, number = -1;
};

inline sequence_line parse_sequence(std::string_view line) {
  sequence_line parsed;
  constexpr std::string_view begin = "{\"time\":\"", end = "\"pad\":\"xxxxxxxxxxxxxxxx\"}", key = "\"t\":";
  const auto at = line.find(key);
  if (at == line.npos || !line.starts_with(begin) || !line.ends_with(end)) return parsed;
  if (line.find('{', 1) != line.npos || line.find('}') != line.size() - 1) return parsed;
  const std::string rest(line.substr(at));
  parsed.is_whole = std::sscanf(rest.c_str(), "\"t\":%ld,\"i\":%ld,", &parsed.thread, &parsed.number) == 2 &&
                    parsed.thread >= 0 && parsed.thread < 4;
  return parsed;
}

struct seen_lines {
  std::array<long, 4> next{};       // number that each thread's next line should have
  long sequence = 0;                // lines of the sequences
  long recovered = 0, markers = 0;  // what records of the library say about recovery
  strings wrong;                    // torn, twice, missing or out of order
  std::string torn;                 // what stands behind the last newline

  void read(std::string_view text) {
    while (!text.empty()) {
      const auto end = text.find('\n');
      if (end == text.npos) {
        torn = text;
        return;
      }
      read_line(text.substr(0, end));
      text.remove_prefix(end + 1);
    }
  }

 private:
  void read_line(std::string_view line) {
    const auto parsed = parse_sequence(line);
    if (parsed.is_whole) {
      ++sequence;
      auto& expected = next[static_cast<std::size_t>(parsed.thread)];
      if (parsed.number != expected) wrong.emplace_back(line);
      expected = parsed.number + 1;
      return;
    }
    constexpr std::string_view key = "\"recovered\":";
    const auto at = line.find(key);
    if (at == line.npos || !line.ends_with('}')) {
      wrong.emplace_back(line);
      return;
    }
    ++markers;
    recovered += std::strtol(std::string(line.substr(at + key.size())).c_str(), nullptr, 10);
  }
};

inline seen_lines lines_of(const fs::path& log) {
  seen_lines seen;
  seen.read(read_file(log));
  return seen;
}

/// Each of the first `count` numbers of thread 0, once and in order, and one record that says how many came late.
inline void check_recovered(const workspace& place, long count, long recovered) {
  const seen_lines seen = lines_of(place.log);
  CHECK(seen.wrong == strings{});
  CHECK(seen.torn.empty());
  CHECK(seen.next[0] == count);
  CHECK(seen.sequence == count);
  CHECK(seen.markers == 1);
  CHECK(seen.recovered == recovered);
  CHECK(place.queue_files().empty());
}

}  // namespace recovery_test
