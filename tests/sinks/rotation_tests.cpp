// Rotation on real files: limits, names, what is kept, failures, several processes.
// SPDX-License-Identifier: MIT
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <condition_variable>
#include <map>
#include <mutex>
#include <stdexcept>

#include "ctxlog/logger.hpp"
#include "ctxlog/pipeline.hpp"
#include "ctxlog/sinks/file.hpp"
#include "sanitizers.hpp"
#include "sinks.hpp"
#include "strict_json.hpp"

using namespace sinks_test;
using namespace std::chrono_literals;
using namespace ctxlog::literals;
using ctxlog::file_options;
using ctxlog::file_sink;
namespace fs = std::filesystem;

namespace {

constexpr int not_permitted = 77;

std::error_code write(file_sink& sink, std::chrono::nanoseconds time, int number, std::size_t size = 100) {
  return sink.write(made_record(at(time)), numbered_line(0, number, size));
}

// The names of the directory's files, but not of the lock.
std::vector<std::string> names(const fs::path& directory) {
  std::vector<std::string> found;
  for (const auto& entry : fs::directory_iterator(directory))
    if (entry.path().extension() != ".lock") found.push_back(entry.path().filename());
  std::sort(found.begin(), found.end());
  return found;
}

// All files in the order of their names: "app.2030…log" comes before "app.log".
std::string all_bytes(const fs::path& directory) {
  std::string all;
  for (const auto& name : names(directory)) all += read_file(directory / name);
  return all;
}

struct log_directory : temporary_directory {
  std::string log() const { return (path / "app.log").string(); }
  std::string file(const std::string& name) const { return read_file(path / name); }
};

}  // namespace

TEST_CASE("no file exceeds max_bytes and none is put aside before it must be", "[LG-13]") {
  const log_directory directory;
  for (const std::size_t buffer_size : {0u, 1000u}) {
    {
      file_sink sink(directory.log(), {.buffer_size = buffer_size}, {.rotation = {.max_bytes = 1000}});
      for (int number = 0; number < 100; ++number) CHECK_FALSE(write(sink, number * 1s, number));
    }
    CHECK(names(directory.path).size() == 10);
    for (const auto& name : names(directory.path)) CHECK(fs::file_size(directory.path / name) == 1000);
    CHECK(is_sequence(all_bytes(directory.path), 0, 100));
    for (const auto& name : names(directory.path)) fs::remove(directory.path / name);
  }
}

TEST_CASE("max_bytes counts bytes, what was there before, and yields to one large record only", "[LG-13]") {
  const log_directory directory;
  std::ofstream(directory.log()) << std::string(79, 'x') << '\n';
  file_sink sink(directory.log(), {.buffer_size = 5000}, {.rotation = {.max_bytes = 100}});
  const std::string twenty_one_bytes = "äöüäöüäöüä\n";
  CHECK_FALSE(sink.write(made_record(at(1s)), twenty_one_bytes));
  CHECK_FALSE(write(sink, 2s, 0, 300));
  CHECK_FALSE(write(sink, 3s, 1, 50));
  CHECK_FALSE(sink.flush());
  CHECK(fs::file_size(directory.path / "app.2030-05-17_00-00-02_000000.log") == 80);
  CHECK(directory.file("app.2030-05-17_00-00-02_000001.log") == twenty_one_bytes);
  CHECK(directory.file("app.2030-05-17_00-00-03_000000.log") == numbered_line(0, 0, 300));
  CHECK(read_file(directory.log()) == numbered_line(0, 1, 50));
}

TEST_CASE("a file put aside is named as loguru names it and keeps its mode", "[LG-14]") {
  const log_directory directory;
  file_sink sink(directory.log(), {}, {.rotation = {.max_bytes = 100}});
  REQUIRE(::chmod(directory.log().c_str(), 0604) == 0);
  CHECK_FALSE(write(sink, 1s, 0));
  CHECK_FALSE(write(sink, 9h + 18min + 39s + 374940us, 1));
  CHECK_FALSE(write(sink, 9h + 18min + 39s + 374940us, 2));
  CHECK(names(directory.path) == std::vector<std::string>{"app.2030-05-17_09-18-39_374940.log",
                                                          "app.2030-05-17_09-18-39_374941.log", "app.log"});
  struct stat status {};
  REQUIRE(::stat(directory.log().c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0604);
}

TEST_CASE("a file is put aside at each multiple of the interval, and gathered lines stay in theirs",
          "[LG-13]") {
  const log_directory directory;
  for (const std::size_t buffer_size : {0u, 5000u}) {
    file_sink sink(directory.log(), {.buffer_size = buffer_size}, {.rotation = {.interval = 1h}});
    CHECK_FALSE(write(sink, 10h + 20min, 0));
    CHECK_FALSE(write(sink, 11h - 1ns, 1));
    CHECK_FALSE(write(sink, 11h, 2));
    CHECK_FALSE(write(sink, 13h + 1s, 3));
    CHECK_FALSE(sink.flush());
    CHECK(names(directory.path) == std::vector<std::string>{"app.2030-05-17_11-00-00_000000.log",
                                                            "app.2030-05-17_13-00-01_000000.log", "app.log"});
    CHECK(is_sequence(directory.file("app.2030-05-17_11-00-00_000000.log"), 0, 2));
    CHECK(is_sequence(directory.file("app.2030-05-17_13-00-01_000000.log"), 2, 3));
    for (const auto& name : names(directory.path)) fs::remove(directory.path / name);
  }
}

TEST_CASE("a file is put aside at a time of day, local or UTC, over the change to summer time", "[LG-13]") {
  const auto rotations = [](ctxlog::time_zone zone, std::vector<record_time> times) {
    const log_directory directory;
    CHECK(run_in_child([&] {
            ::setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
            ::tzset();
            file_sink sink(directory.log(), {}, {.rotation = {.time_of_day = 4h, .zone = zone}});
            for (const auto time : times) require(!sink.write(made_record(time), "line\n"));
          }) == 0);
    auto found = names(directory.path);
    found.pop_back();
    return found;
  };
  // On 2030-03-31 04:00 local time is 02:00 UTC, the day before 03:00 UTC.
  const record_time march_30 = std::chrono::sys_days(std::chrono::year(2030) / 3 / 30);
  CHECK(rotations(ctxlog::time_zone::local,
                  {march_30, march_30 + 3h - 1ns, march_30 + 3h, march_30 + 26h - 1ns, march_30 + 26h}) ==
        std::vector<std::string>{"app.2030-03-30_04-00-00_000000.log", "app.2030-03-31_04-00-00_000000.log"});
  CHECK(rotations(ctxlog::time_zone::utc, {march_30, march_30 + 4h - 1ns, march_30 + 4h, march_30 + 28h}) ==
        std::vector<std::string>{"app.2030-03-30_04-00-00_000000.log", "app.2030-03-31_04-00-00_000000.log"});
}

TEST_CASE("after a restart a file of an earlier interval is put aside, one of this interval goes on",
          "[LG-13]") {
  const log_directory directory;
  std::ofstream(directory.log()) << "earlier\n";
  const auto written = at(10h + 59min);
  const timespec when{std::chrono::floor<std::chrono::seconds>(written).time_since_epoch().count(), 0};
  const std::array times{when, when};
  REQUIRE(::utimensat(AT_FDCWD, directory.log().c_str(), times.data(), 0) == 0);
  {
    CHECK_FALSE(write(*std::make_unique<file_sink>(directory.log(), ctxlog::fd_options{},
                                                   file_options{.rotation = {.interval = 1h}}),
                      10h + 59min + 30s, 0));
  }
  CHECK(names(directory.path).size() == 1);
  REQUIRE(::utimensat(AT_FDCWD, directory.log().c_str(), times.data(), 0) == 0);
  file_sink sink(directory.log(), {}, {.rotation = {.interval = 1h}});
  CHECK_FALSE(write(sink, 11h, 1));
  CHECK(directory.file("app.2030-05-17_11-00-00_000000.log") == "earlier\n" + numbered_line(0, 0, 100));
  CHECK(read_file(directory.log()) == numbered_line(0, 1, 100));
}

TEST_CASE("as many files remain as keep_files says, compressed ones included, and no other file is touched",
          "[LG-14]") {
  const log_directory directory;
  const std::vector<std::string> strangers{"app.2030-05-17_00-00-00_000000.log2", "app.2030-05-17.log",
                                           "apple.2030-05-17_00-00-00_000000.log", "app.log.1"};
  for (const auto& name : strangers) std::ofstream(directory.path / name) << "mine\n";
  {
    file_sink sink(directory.log(), {},
                   {.rotation = {.max_bytes = 100, .keep_files = 3, .compress = [](const std::string& path) {
                                   fs::rename(path, path + ".packed");
                                 }}});
    for (int number = 0; number < 10; ++number) CHECK_FALSE(write(sink, number * 1s, number));
  }
  for (const auto& name : strangers) CHECK(fs::remove(directory.path / name));
  CHECK(names(directory.path) == std::vector<std::string>{"app.2030-05-17_00-00-07_000000.log.packed",
                                                          "app.2030-05-17_00-00-08_000000.log.packed",
                                                          "app.2030-05-17_00-00-09_000000.log.packed",
                                                          "app.log"});
}

TEST_CASE("a file is removed when it was put aside longer ago than keep_for", "[LG-14]") {
  const log_directory directory;
  {
    file_sink sink(directory.log(), {}, {.rotation = {.max_bytes = 100, .keep_for = 10s}});
    for (const auto time : {1s, 2s, 3s, 12s, 13s}) CHECK_FALSE(write(sink, time, 0));
  }
  CHECK(names(directory.path) == std::vector<std::string>{"app.2030-05-17_00-00-03_000000.log",
                                                          "app.2030-05-17_00-00-12_000000.log",
                                                          "app.2030-05-17_00-00-13_000000.log", "app.log"});
}

TEST_CASE("records are written while a file is compressed, and the sink waits for it in the end", "[LG-14]") {
  const log_directory directory;
  std::mutex mutex;
  std::condition_variable changed;
  bool may_end = false;
  std::vector<std::string> compressed;
  {
    file_sink sink(directory.log(), {},
                   {.rotation = {.max_bytes = 100, .compress = [&](const std::string& path) {
                                   std::unique_lock lock(mutex);
                                   changed.wait(lock, [&] { return may_end; });
                                   compressed.push_back(path);
                                 }}});
    for (int number = 0; number < 20; ++number) CHECK_FALSE(write(sink, number * 1s, number));
    const std::lock_guard lock(mutex);
    CHECK(compressed.empty());
    may_end = true;
    changed.notify_all();
  }
  CHECK(compressed.size() == 19);
}

TEST_CASE("a compression that throws leaves its file and the sink in peace", "[LG-14]") {
  const log_directory directory;
  {
    int calls = 0;
    file_sink sink(directory.log(), {}, {.rotation = {.max_bytes = 100, .compress = [&](const std::string&) {
                                                        if (++calls == 1) throw 42;
                                                        throw std::runtime_error("no disk today");
                                                      }}});
    for (int number = 0; number < 4; ++number) CHECK_FALSE(write(sink, number * 1s, number));
  }
  CHECK(names(directory.path).size() == 4);
  CHECK(is_sequence(all_bytes(directory.path), 0, 4));
}

TEST_CASE("a child of fork rotates with a thread and a lock of its own", "[LG-14][H9]") {
  if (thread_sanitizer) SKIP("ThreadSanitizer allows no thread in the child of a program with threads");
  const log_directory directory;
  std::atomic<bool> held{true}, inside{false};
  const auto compress = [&](const std::string& path) {
    inside = true;
    inside.notify_all();
    held.wait(true);
    fs::rename(path, path + ".packed");
  };
  auto sink = std::make_unique<file_sink>(directory.log(), ctxlog::fd_options{},
                                          file_options{.rotation = {.max_bytes = 100, .compress = compress}});
  for (int number = 0; number < 2; ++number) CHECK_FALSE(write(*sink, number * 1s, number));
  inside.wait(false);  // the parent's thread stays there meanwhile
  CHECK(run_in_child([&] {
          held = false;
          for (int number = 2; number < 6; ++number) require(!write(*sink, number * 1s, number));
          sink.reset();
        }) == 0);
  for (int number = 6; number < 9; ++number) CHECK_FALSE(write(*sink, number * 1s, number));
  held = false;
  held.notify_all();
  sink.reset();
  CHECK(names(directory.path).size() == 9);
  for (const auto& name : names(directory.path)) CHECK((name == "app.log" || name.ends_with(".log.packed")));
  CHECK(is_sequence(all_bytes(directory.path), 0, 9));
}

TEST_CASE("a rotation that is not permitted goes on in the old file and is tried again", "[LG-13]") {
  const auto options =
      GENERATE(ctxlog::rotation_options{.max_bytes = 100}, ctxlog::rotation_options{.interval = 1s});
  const log_directory directory;
  const int result = run_in_child([&] {
    {
      file_sink made(directory.log(), {}, {.rotation = options});
      require(!write(made, 0s, 0));
    }
    if (::getuid() == 0) {
      constexpr uid_t nobody = 65534;
      require(::chown(directory.log().c_str(), nobody, nobody) == 0);
      require(::chmod((directory.log() + ".lock").c_str(), 0644) == 0);
      require(::chmod(directory.path.c_str(), 0755) == 0);
      if (::seteuid(nobody) != 0) ::_exit(not_permitted);
    } else {
      require(::chmod(directory.path.c_str(), 0555) == 0);
    }
    file_sink sink(directory.log(), {}, {.rotation = options});
    for (int number = 1; number < 5; ++number) require(!write(sink, number * 1s, number));
    require(fs::file_size(directory.log()) == 500);
    if (::getuid() == 0) require(::seteuid(0) == 0);
    require(::chmod(directory.path.c_str(), 0755) == 0);
    require(!write(sink, 10s, 5));
    require(fs::file_size(directory.log()) == 600);
    require(!write(sink, 11s, 6));
    require(fs::file_size(directory.log()) == 100);
  });
  if (result == not_permitted) SKIP("this process may not act as another user");
  CHECK(result == 0);
  CHECK(is_sequence(all_bytes(directory.path), 0, 7));
}

TEST_CASE("on a full file system rotation tears nothing, and every line taken is there", "[LG-13][H14]") {
  const log_directory directory;
  const int result = run_in_child([&] {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("tmpfs", directory.path.c_str(), "tmpfs", 0, "size=64k") != 0)
      ::_exit(not_permitted);
    for (const std::size_t buffer_size : {0u, 5000u}) {
      std::ofstream(directory.path / "filler") << std::string(20'000, 'x');
      {
        file_sink sink(directory.log(), {.buffer_size = buffer_size}, {.rotation = {.max_bytes = 10'000}});
        int taken = 0;
        while (taken < 1000 && !write(sink, taken * 1s, taken, 300)) ++taken;
        require(taken > 50 && taken < 1000);
        fs::remove(directory.path / "filler");
        for (const int last = taken + 30; taken < last; ++taken)
          require(!write(sink, taken * 1s, taken, 300));
        require(!sink.flush());
        require(is_sequence(all_bytes(directory.path), 0, taken));
      }
      for (const auto& name : names(directory.path)) fs::remove(directory.path / name);
    }
  });
  if (result == not_permitted) SKIP("mounting a tmpfs needs privileges that this process does not have");
  CHECK(result == 0);
}

TEST_CASE("four processes rotate one file: 20000 of 20000 lines are there, valid JSON, no file too large",
          "[LG-13][LG-14][H9]") {
  constexpr int writers = 4, lines = 5000;
  constexpr std::uint64_t limit = 40'000;
  const bool inherited = GENERATE(false, true);
  CAPTURE(inherited);
  const log_directory directory;
  const auto make_sink = [&](std::size_t buffer_size) {
    const auto compress = [](const std::string& path) {  // a line that comes after the copy is lost
      fs::copy_file(path, path + ".packed");
      fs::remove(path);
    };
    return std::make_shared<file_sink>(directory.log(), ctxlog::fd_options{.buffer_size = buffer_size},
                                       file_options{.rotation = {.max_bytes = limit, .compress = compress}});
  };
  auto parents_sink = make_sink(0);
  if (inherited) {  // with its lock, which the children must not share
    CHECK_FALSE(parents_sink->write(any_record(), "\n"));
    fs::resize_file(directory.log(), 0);
  }
  std::vector<pid_t> children;
  for (int writer = 0; writer < writers; ++writer) {
    children.push_back(start_child([&] {
      ctxlog::remove_sinks();
      ctxlog::add_sink(inherited ? parents_sink : make_sink(writer < 2 ? 0u : 3000u),
                       {.encoder = ctxlog::json_encoder()});
      parents_sink.reset();  // so that shutdown() destroys it, which waits for its last compression
      for (int number = 0; number < lines; ++number)
        ctxlog::info("line", "writer"_kv = writer, "number"_kv = number);
      const auto account = ctxlog::shutdown().removed;
      require(account.accepted == account.written + account.dropped);
      require(account.written == lines && account.dropped == 0);
    }));
  }
  for (const pid_t child : children) CHECK(wait_for(child) == 0);

  std::array<std::vector<bool>, writers> seen;
  for (auto& numbers : seen) numbers.resize(lines);
  const auto files = names(directory.path);
  CHECK(files.size() > 50);
  for (const auto& name : files) {
    CHECK(fs::file_size(directory.path / name) <= limit);
    std::array<int, writers> last{-1, -1, -1, -1};
    for (const auto& line : split_lines(directory.file(name))) {
      const auto record = strict_json::parse(line);
      const auto writer = record.get<std::size_t>("writer");
      const auto number = record.get<int>("number");
      REQUIRE_FALSE(seen.at(writer).at(static_cast<std::size_t>(number)));
      seen.at(writer).at(static_cast<std::size_t>(number)) = true;
      REQUIRE(number > last.at(writer));
      last.at(writer) = number;
    }
  }
  for (const auto& numbers : seen) CHECK(std::find(numbers.begin(), numbers.end(), false) == numbers.end());
}

TEST_CASE("only one of several processes puts a file aside at the end of an interval", "[LG-13][H9]") {
  const log_directory directory;
  const file_options hourly{.rotation = {.interval = 1h}};
  file_sink first(directory.log(), {}, hourly), second(directory.log(), {}, hourly);
  CHECK_FALSE(write(first, 10h, 0));
  CHECK_FALSE(write(second, 10h, 1));
  CHECK_FALSE(write(first, 11h, 2));
  CHECK_FALSE(write(second, 11h, 3));
  CHECK(names(directory.path).size() == 2);
  CHECK(is_sequence(read_file(directory.log()), 2, 4));
}

TEST_CASE("options that mean nothing are refused with the path") {
  const log_directory directory;
  for (const auto& options :
       {file_options{.rotation = {.interval = -1s}}, file_options{.rotation = {.time_of_day = 24h}},
        file_options{.watch_interval = -1ms}}) {
    try {
      file_sink sink(directory.log(), {}, options);
      FAIL("accepted");
    } catch (const std::invalid_argument& error) {
      CHECK(std::string_view(error.what()).find(directory.log()) != std::string_view::npos);
    }
  }
  CHECK_THROWS_AS(file_sink("/dev/null", {}, {.rotation = {.max_bytes = 100}}), std::system_error);
}
