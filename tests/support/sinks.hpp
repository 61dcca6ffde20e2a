// Helpers of the sink tests and of the programs they start: lines that show damage, child processes, pipes.
// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "ctxlog/record.hpp"

namespace sinks_test {

using record_time = std::chrono::sys_time<std::chrono::nanoseconds>;

// An explicit instantiation may name private members.
template <auto Level, auto Time>
struct record_parts {
  friend void set_parts(ctxlog::record& rec, ctxlog::level level, record_time time) {
    rec.*Level = level;
    rec.*Time = time;
  }
};
void set_parts(ctxlog::record&, ctxlog::level, record_time);
template struct record_parts<&ctxlog::record::level_, &ctxlog::record::time_>;

/// A record with level and time, which is all that the descriptor sinks look at.
class made_record {
 public:
  explicit made_record(record_time time = {}, ctxlog::level level = ctxlog::level::info) {
    set_parts(*reinterpret_cast<ctxlog::record*>(place_.data()), level, time);
  }
  operator const ctxlog::record&() const { return *reinterpret_cast<const ctxlog::record*>(place_.data()); }

 private:
  alignas(ctxlog::record) std::array<std::byte, sizeof(ctxlog::record)> place_{};
};

inline const ctxlog::record& any_record() {
  static const made_record made;
  return made;
}

/// A moment of 2030, seconds after midnight UTC.
inline record_time at(std::chrono::nanoseconds since_midnight) {
  return std::chrono::sys_days(std::chrono::year(2030) / 5 / 17) + since_midnight;
}

/// Line number `number` of writer `writer`, `size` bytes long (at least 40) with its newline.
inline std::string numbered_line(int writer, int number, std::size_t size) {
  std::string line = std::to_string(writer) + " " + std::to_string(number) + " ";
  line.resize(size - 1, static_cast<char>('a' + number % 26));
  return line + "\n";
}

struct parsed_line {
  bool intact = false;
  int writer = -1;
  int number = -1;
};

/// Recognises what numbered_line() made; anything torn, glued or changed is not intact. `line` has no
/// newline.
inline parsed_line parse(const std::string& line) {
  parsed_line parsed;
  if (std::sscanf(line.c_str(), "%d %d ", &parsed.writer, &parsed.number) != 2) return {};
  parsed.intact =
      line.size() >= 39 && line + "\n" == numbered_line(parsed.writer, parsed.number, line.size() + 1);
  return parsed;
}

/// Splits at newlines; bytes after the last one are a last element, so that a torn end is seen.
inline std::vector<std::string> split_lines(std::string_view bytes) {
  std::vector<std::string> lines;
  while (!bytes.empty()) {
    const auto end = std::min(bytes.find('\n'), bytes.size());
    lines.emplace_back(bytes.substr(0, end));
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
  }
  return lines;
}

/// Whether `bytes` are exactly the lines of writer 0 numbered first...last-1, in order and unhurt.
inline bool is_sequence(std::string_view bytes, int first, int last) {
  if (bytes.empty()) return first == last;
  if (bytes.back() != '\n') return false;
  for (const auto& line : split_lines(bytes)) {
    const auto parsed = parse(line);
    if (!parsed.intact || parsed.writer != 0 || parsed.number != first++) return false;
  }
  return first == last;
}

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// One read(2), at most `size` bytes; empty at the end and on errors.
inline std::string read_some(int descriptor, std::size_t size) {
  std::string bytes(size, '\0');
  ssize_t count = 0;
  do count = ::read(descriptor, bytes.data(), size);
  while (count == -1 && errno == EINTR);
  bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return bytes;
}

/// Everything up to the end, or up to EAGAIN for a non-blocking descriptor.
inline std::string read_all(int descriptor) {
  std::string all;
  for (std::string some; !(some = read_some(descriptor, 65536)).empty();) all += some;
  return all;
}

/// A pipe whose ends close with it.
struct pipe_pair {
  explicit pipe_pair(int flags = 0) {
    if (::pipe2(ends.data(), O_CLOEXEC | flags) != 0) std::abort();
  }
  ~pipe_pair() {
    close_read();
    close_write();
  }
  pipe_pair(const pipe_pair&) = delete;
  pipe_pair& operator=(const pipe_pair&) = delete;

  int read_end() const { return ends[0]; }
  int write_end() const { return ends[1]; }
  void close_read() { close_end(ends[0]); }
  void close_write() { close_end(ends[1]); }

 private:
  static void close_end(int& end) {
    if (end != -1) ::close(std::exchange(end, -1));
  }
  std::array<int, 2> ends{-1, -1};
};

inline void set_non_blocking(int descriptor) {
  ::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) | O_NONBLOCK);
}

/// A directory that goes away with its content.
struct temporary_directory {
  temporary_directory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "ctxlog-sinks-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    path = pattern;
  }
  ~temporary_directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  temporary_directory(const temporary_directory&) = delete;
  temporary_directory& operator=(const temporary_directory&) = delete;

  std::filesystem::path path;
};

/// For use in a child process: ends it when the condition does not hold, saying where.
inline void require(bool condition, int line = __builtin_LINE()) {
  if (condition) return;
  std::fprintf(stderr, "child process: requirement in line %d does not hold\n", line);
  ::_exit(1);
}

/// Runs `body` in a child process, which is ended after a minute by SIGALRM.
inline pid_t start_child(const std::function<void()>& body) {
  std::fflush(
      nullptr);  // ThreadSanitizer flushes in _exit(): the child would write the test program's output again
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::alarm(60);
  body();
  ::_exit(0);
}

/// The exit status of a child, or minus the signal that killed it.
inline int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) == -1 && errno == EINTR) {}
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

inline int run_in_child(const std::function<void()>& body) { return wait_for(start_child(body)); }

/// Runs a shell command; returns its exit status.
inline int run_shell(const std::string& command) {
  const int status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace sinks_test
