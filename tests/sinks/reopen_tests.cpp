// Rotation by others: the sink notices by itself or is told by a signal; the real logrotate.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <csignal>
#include <thread>
#include <utility>

#include "ctxlog/sinks/file.hpp"
#include "ctxlog/sinks/reopen.hpp"
#include "sinks.hpp"

using namespace sinks_test;
using namespace std::chrono_literals;
using ctxlog::file_sink;
namespace fs = std::filesystem;

namespace {

std::error_code write(file_sink& sink, std::chrono::nanoseconds time, int number) {
  return sink.write(made_record(at(time)), numbered_line(0, number, 100));
}

constexpr std::string_view logrotate = "/usr/sbin/logrotate";

// Keeps a thread writing numbered lines while the test rotates the file. Their times go on with the real one, for
// as long as the test lets them.
class busy_log {
 public:
  explicit busy_log(file_sink& sink) : thread_([this, &sink] { run(sink); }) {}
  ~busy_log() { stop(); }

  void let_pass(std::chrono::nanoseconds time) { latest_ = time_.load() + time; }
  void pass(std::chrono::nanoseconds time) {
    let_pass(time);
    while (time_.load() < latest_.load()) std::this_thread::yield();
  }
  void wait_for_lines(int more) const {
    for (const int before = written_.load(); written_.load() < before + more && !failed_.load();)
      std::this_thread::yield();
  }
  int stop() {
    done_ = true;
    if (thread_.joinable()) thread_.join();
    return written_.load();
  }
  bool failed() const { return failed_.load(); }

 private:
  using clock = std::chrono::steady_clock;

  void run(file_sink& sink) {
    auto last = clock::now();
    for (int number = 0; !done_.load(); ++number) {
      const auto now = clock::now();
      const auto time = std::min(time_.load() + (now - std::exchange(last, now)), latest_.load());
      if (write(sink, time, number)) failed_ = true;
      time_ = time;
      written_.fetch_add(1);
    }
  }

  std::atomic<std::chrono::nanoseconds> time_{0ns}, latest_{0ns};
  std::atomic<bool> done_{false}, failed_{false};
  std::atomic<int> written_{0};
  std::thread thread_;
};

}  // namespace

TEST_CASE("a watched path is opened anew when it shows another file, or for long none", "[LG-14]") {
  const temporary_directory directory;
  const auto path = directory.path / "app.log", old = directory.path / "old";
  for (const std::size_t buffer_size : {0u, 5000u}) {
    file_sink sink(path.string(), {.buffer_size = buffer_size}, {.watch_interval = 1s});
    CHECK_FALSE(write(sink, 10s, 0));
    fs::rename(path, old);
    std::ofstream(path) << "";
    CHECK_FALSE(write(sink, 10s + 999ms, 1));  // not looked at yet
    CHECK_FALSE(write(sink, 11s, 2));
    CHECK(is_sequence(read_file(old), 0, 2));
    CHECK_FALSE(sink.flush());
    CHECK(is_sequence(read_file(path), 2, 3));

    // Renamed: whoever did that may make the file as logrotate does, or leave it to the sink.
    for (const bool makes_it : {true, false}) {
      const int first = makes_it ? 2 : 4;
      const auto time = std::chrono::seconds(10 + first);
      fs::rename(path, old);
      CHECK_FALSE(write(sink, time, first + 1));
      CHECK_FALSE(fs::exists(path));
      if (makes_it) std::ofstream(path) << "";
      CHECK_FALSE(write(sink, time + 1s, first + 2));
      CHECK_FALSE(sink.flush());
      CHECK(is_sequence(read_file(old), first, first + 2));
      CHECK(is_sequence(read_file(path), first + 2, first + 3));
    }

    // Missing at two looks, but not all the time between them.
    fs::rename(path, old);
    CHECK_FALSE(write(sink, 16s, 7));
    CHECK_FALSE(sink.reopen());
    fs::rename(path, old);
    CHECK_FALSE(write(sink, 17s, 8));
    CHECK_FALSE(fs::exists(path));
    CHECK_FALSE(write(sink, 18s, 9));
    CHECK_FALSE(sink.flush());
    CHECK(is_sequence(read_file(old), 8, 9));
    CHECK(is_sequence(read_file(path), 9, 10));

    // Removed: lines would be lost until the next look.
    fs::remove(path);
    CHECK_FALSE(write(sink, 19s, 10));
    CHECK_FALSE(sink.flush());
    CHECK(is_sequence(read_file(path), 10, 11));
    fs::remove(path);
  }
}

TEST_CASE("a watched path that cannot be opened leaves the old file in use and is tried again") {
  const temporary_directory directory;
  const auto path = directory.path / "app.log";
  file_sink sink(path.string(), {}, {.watch_interval = 1s});
  CHECK_FALSE(write(sink, 1s, 0));
  fs::rename(path, directory.path / "old");
  fs::create_symlink("elsewhere", path);
  CHECK_FALSE(write(sink, 2s, 1));
  fs::remove(path);
  CHECK_FALSE(write(sink, 2s + 1ms, 2));
  CHECK_FALSE(write(sink, 3s, 3));
  CHECK(is_sequence(read_file(directory.path / "old"), 0, 4));
  CHECK_FALSE(write(sink, 4s, 4));
  CHECK(is_sequence(read_file(path), 4, 5));
}

TEST_CASE("SIGHUP has every log file opened anew at its next write or flush", "[LG-14]") {
  const temporary_directory directory;
  CHECK(run_in_child([&] {
          ctxlog::reopen_on(SIGHUP);
          const auto a = directory.path / "a.log", b = directory.path / "b.log";
          file_sink first(a.string()), second(b.string(), {.buffer_size = 1000});
          require(!write(first, 1s, 0) && !write(second, 1s, 0));
          fs::rename(a, directory.path / "a.old");
          fs::rename(b, directory.path / "b.old");
          require(!write(first, 2s, 1));
          ::raise(SIGHUP);
          require(first.flush_due() == std::chrono::system_clock::time_point::min());
          require(!write(first, 3s, 2));
          require(first.flush_due() == std::chrono::system_clock::time_point::max());
          require(!second.flush());
          require(!write(second, 3s, 1) && !second.flush());
          require(is_sequence(read_file(directory.path / "a.old"), 0, 2));
          require(is_sequence(read_file(a), 2, 3));
          require(is_sequence(read_file(directory.path / "b.old"), 0, 1));
          require(is_sequence(read_file(b), 1, 2));
        }) == 0);
  CHECK_THROWS_AS(ctxlog::reopen_on(SIGKILL), std::system_error);
}

TEST_CASE("a reopening that failed is tried again ten seconds later without being asked") {
  const temporary_directory directory;
  const auto path = directory.path / "app.log";
  file_sink sink(path.string());
  CHECK_FALSE(write(sink, 1s, 0));
  fs::rename(path, directory.path / "old");
  fs::create_symlink("elsewhere", path);
  ctxlog::request_reopen();
  CHECK_FALSE(write(sink, 2s, 1));
  fs::remove(path);
  CHECK_FALSE(write(sink, 12s - 1ns, 2));
  CHECK(is_sequence(read_file(directory.path / "old"), 0, 3));
  CHECK_FALSE(write(sink, 12s, 3));
  CHECK(is_sequence(read_file(path), 3, 4));
}

TEST_CASE("a sink goes on in its directory when the program changes its own") {
  const temporary_directory directory;
  CHECK(run_in_child([&] {
          fs::current_path(directory.path);
          file_sink sink("app.log");
          fs::current_path("/");
          require(!write(sink, 1s, 0));
          fs::rename(directory.path / "app.log", directory.path / "old");
          require(!sink.reopen());
          require(!write(sink, 2s, 1));
          require(is_sequence(read_file(directory.path / "app.log"), 1, 2));
        }) == 0);
}

TEST_CASE("the real logrotate with create, and no signal, loses no line", "[LG-14]") {
  if (!fs::exists(logrotate)) SKIP("there is no " << logrotate << " on this machine");
  const temporary_directory directory;
  const auto path = directory.path / "app.log";
  std::ofstream(directory.path / "logrotate.conf")
      << path.string() << " {\n  rotate 100\n  create 0640\n  su root root\n}\n";
  const std::string command = std::string(logrotate) + " -f -s " + (directory.path / "state").string() + " " +
                              (directory.path / "logrotate.conf").string();
  constexpr auto interval = 10ms;
  for (const std::size_t buffer_size : {0u, 5000u}) {
    file_sink sink(path.string(), {.buffer_size = buffer_size}, {.watch_interval = interval});
    busy_log log(sink);
    constexpr int rotations = 20;
    for (int rotation = 0; rotation < rotations; ++rotation) {
      log.wait_for_lines(50);
      log.let_pass(interval - 1ns);  // so the sink looks at most once, sometimes when there is no file
      REQUIRE(run_shell(command) == 0);
      log.pass(interval);
    }
    const int written = log.stop();
    CHECK_FALSE(log.failed());
    CHECK_FALSE(sink.flush());

    std::vector<bool> seen(static_cast<std::size_t>(written));
    std::size_t files = 0;
    for (const auto& entry : fs::directory_iterator(directory.path)) {
      if (!entry.path().filename().string().starts_with("app.log")) continue;
      ++files;
      for (const auto& line : split_lines(read_file(entry.path()))) {
        const auto parsed = parse(line);
        REQUIRE(parsed.intact);
        REQUIRE_FALSE(seen.at(static_cast<std::size_t>(parsed.number)));
        seen.at(static_cast<std::size_t>(parsed.number)) = true;
      }
      fs::remove(entry.path());
    }
    CHECK(files == rotations + 1);
    CHECK(std::find(seen.begin(), seen.end(), false) == seen.end());
    fs::remove(directory.path / "state");
  }
}

TEST_CASE("the real logrotate with copytruncate tears no line and repeats none", "[LG-14]") {
  if (!fs::exists(logrotate)) SKIP("there is no " << logrotate << " on this machine");
  const temporary_directory directory;
  const auto path = directory.path / "app.log";
  std::ofstream(directory.path / "logrotate.conf")
      << path.string() << " {\n  rotate 100\n  copytruncate\n  su root root\n}\n";
  const std::string command = std::string(logrotate) + " -f -s " + (directory.path / "state").string() + " " +
                              (directory.path / "logrotate.conf").string();
  file_sink sink(path.string(), {}, {.watch_interval = 5ms});
  busy_log log(sink);
  constexpr int rotations = 20;
  for (int rotation = 0; rotation < rotations; ++rotation) {
    log.wait_for_lines(50);
    log.let_pass(1h);
    REQUIRE(run_shell(command) == 0);
  }
  const int written = log.stop();
  CHECK_FALSE(log.failed());

  // Oldest first. logrotate may have copied a line in part that was being written: such a copy ends there.
  int last = -1, found = 0;
  for (int rotation = rotations; rotation >= 0; --rotation) {
    const auto name = rotation == 0 ? std::string("app.log") : "app.log." + std::to_string(rotation);
    std::string bytes = read_file(directory.path / name);
    if (rotation > 0) bytes.resize(bytes.rfind('\n') + 1);
    for (const auto& line : split_lines(bytes)) {
      const auto parsed = parse(line);
      REQUIRE(parsed.intact);
      REQUIRE(parsed.number > last);
      last = parsed.number;
      ++found;
    }
  }
  WARN("copytruncate lost " << written - found << " of " << written << " lines in " << rotations
                            << " rotations");
}
