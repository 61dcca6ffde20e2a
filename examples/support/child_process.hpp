// A program in a process of its own, with chosen environment variables, read through pipes.
// SPDX-License-Identifier: MIT
#pragma once

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fcntl.h>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

extern "C" char** environ;

namespace example {

/// Its standard input stays open until finish(); its output is read as it comes.
class child_process {
 public:
  /// `variables` are "NAME=value". ENV and the LOG_ variables of this process are not handed down.
  child_process(std::vector<std::string> command, std::vector<std::string> variables) {
    pipe_ends input = make_pipe(), out = make_pipe(), err = make_pipe();
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, input.read, STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, out.write, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, err.write, STDERR_FILENO);

    for (char** inherited = environ; *inherited; ++inherited) {
      const std::string_view entry(*inherited);
      if (!entry.starts_with("ENV=") && !entry.starts_with("LOG_")) variables.emplace_back(entry);
    }
    const int error = ::posix_spawn(&id_, command[0].c_str(), &actions, nullptr, pointers(command).data(),
                                    pointers(variables).data());
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(input.read), ::close(out.write), ::close(err.write);
    input_ = input.write;
    readers_[0] = std::thread([this, out] { read_all(out.read, out_); });
    readers_[1] = std::thread([this, err] { read_all(err.read, err_); });
    if (error == 0) return;
    finish();
    throw std::system_error(error, std::generic_category(), command[0]);
  }
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;
  ~child_process() { finish(); }

  /// Waits until either stream holds `mark` and a whole line after it; returns that rest of the line, empty
  /// when the child ended without it.
  std::string wait_for(std::string_view mark) {
    std::unique_lock lock(mutex_);
    std::string found;
    changed_.wait(lock, [&] {
      found = line_after(mark, out_);
      if (found.empty()) found = line_after(mark, err_);
      return !found.empty() || open_streams_ == 0;
    });
    return found;
  }

  /// Ends its standard input, reads the rest, waits. Returns the exit status, or minus the signal.
  int finish() {
    if (input_ == -1) return status_;
    ::close(std::exchange(input_, -1));
    for (auto& reader : readers_) reader.join();
    int status = 0;
    while (id_ != 0 && ::waitpid(id_, &status, 0) == -1 && errno == EINTR) {}
    status_ = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
    return status_;
  }

  /// After finish().
  const std::string& out() const noexcept { return out_; }
  const std::string& err() const noexcept { return err_; }

 private:
  struct pipe_ends {
    int read, write;
  };

  static pipe_ends make_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe2");
    return {ends[0], ends[1]};
  }

  static std::vector<char*> pointers(std::vector<std::string>& strings) {
    std::vector<char*> result;
    for (auto& s : strings) result.push_back(s.data());
    result.push_back(nullptr);
    return result;
  }

  static std::string line_after(std::string_view mark, const std::string& text) {
    const auto at = text.find(mark);
    if (at == text.npos) return {};
    const auto end = text.find('\n', at);
    return end == text.npos ? "" : text.substr(at + mark.size(), end - at - mark.size());
  }

  void read_all(int descriptor, std::string& text) {
    std::array<char, 65536> some;
    for (ssize_t size = 0; (size = ::read(descriptor, some.data(), some.size())) != 0;) {
      if (size < 0 && errno != EINTR) break;
      const std::lock_guard lock(mutex_);
      if (size > 0) text.append(some.data(), static_cast<std::size_t>(size));
      changed_.notify_all();
    }
    ::close(descriptor);
    const std::lock_guard lock(mutex_);
    --open_streams_;
    changed_.notify_all();
  }

  pid_t id_ = 0;
  int input_ = -1;
  int status_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  int open_streams_ = 2;
  std::string out_, err_;
  std::array<std::thread, 2> readers_;
};

}  // namespace example
