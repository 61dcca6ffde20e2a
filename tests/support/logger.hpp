// Helpers of tests of the logger: a clean start for each test, parsed JSON lines, child programs with all they print.
// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>
#include "json.hpp"

#include "ctxlog/ctxlog.hpp"
#include "ctxlog/sinks/callback.hpp"
#include "ctxlog/testing.hpp"

namespace logger_test {

/// Fixture: no sinks, patchers and levels of earlier tests, every level on; the test leaves no context behind.
class clean_logging {
 public:
  clean_logging() {
    ctxlog::configure_from_environment();
    ctxlog::remove_sinks();
    ctxlog::set_level(ctxlog::level::trace);
  }
  clean_logging(const clean_logging&) = delete;
  clean_logging& operator=(const clean_logging&) = delete;
  ~clean_logging() { CHECK_FALSE(ctxlog::context::current()); }
};

/// A sink that captures what the JSON encoder made, whatever the environment of the tests says.
inline ctxlog::sink_options as_json() { return {.encoder = ctxlog::json_encoder()}; }

inline nlohmann::ordered_json parsed(const ctxlog::testing::captured_record& rec) {
  return nlohmann::ordered_json::parse(rec.line);
}

/// A sink made of a function, as every sink an application adds in one line.
template <class F>
std::shared_ptr<ctxlog::sink> calling(F f) {
  return std::make_shared<ctxlog::callback_sink>(std::move(f), "calling");
}

/// The account of the sink with that name.
inline ctxlog::sink_statistics account_of(std::string_view name) {
  for (auto& each : ctxlog::stats().sinks)
    if (each.name == name) return each;
  FAIL("no sink named " << name);
  return {};
}

struct child_result {
  int status = -1;  // exit status, or 128 + signal
  std::string output, errors;

  std::vector<std::string> output_lines() const { return lines(output); }
  std::vector<std::string> error_lines() const { return lines(errors); }

 private:
  static std::vector<std::string> lines(std::string_view text) {
    std::vector<std::string> result;
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      result.emplace_back(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return result;
  }
};

/// A file in memory that stands for a standard stream of a child.
class stream_file {
 public:
  stream_file() : descriptor_(::memfd_create("stream", MFD_CLOEXEC)) {
    // Processes that share a file in memory overwrite each other without it: Linux does not lock its position.
    REQUIRE(::fcntl(descriptor_, F_SETFL, O_APPEND) == 0);
  }
  stream_file(const stream_file&) = delete;
  stream_file& operator=(const stream_file&) = delete;
  ~stream_file() { ::close(descriptor_); }

  int descriptor() const { return descriptor_; }
  std::string content() const {
    std::string text(static_cast<std::size_t>(::lseek(descriptor_, 0, SEEK_END)), '\0');
    REQUIRE(::pread(descriptor_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
    return text;
  }

 private:
  int descriptor_;
};

/// Runs a program of tests/children to its end with exactly these environment variables and `LD_*`, sanitizer
/// options and PATH of this process.
inline child_result run_child(const std::string& name, std::vector<std::string> arguments = {},
                              std::vector<std::string> environment = {}) {
  for (char** variable = ::environ; *variable; ++variable) {
    const std::string_view text = *variable;
    if (text.starts_with("LD_") || text.starts_with("PATH=") || text.find("SAN_OPTIONS=") != text.npos)
      environment.emplace_back(text);
  }
  arguments.insert(arguments.begin(), CTXLOG_CHILDREN_DIR "/" + name);
  const auto pointers = [](std::vector<std::string>& words) {
    std::vector<char*> result;
    for (auto& word : words) result.push_back(word.data());
    result.push_back(nullptr);
    return result;
  };
  const stream_file output, errors;
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, output.descriptor(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, errors.descriptor(), STDERR_FILENO);
  pid_t child = 0;
  const int failure = ::posix_spawn(&child, arguments[0].c_str(), &actions, nullptr,
                                    pointers(arguments).data(), pointers(environment).data());
  ::posix_spawn_file_actions_destroy(&actions);
  INFO("starting " << arguments[0]);
  REQUIRE(failure == 0);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), output.content(),
          errors.content()};
}

}  // namespace logger_test
