// The file sink on real files: what it opens, rotation, limits, full file systems, several processes.
// SPDX-License-Identifier: MIT
#include "ctxlog/sinks/file.hpp"

#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <csignal>
#include <map>
#include <thread>

#include "sinks.hpp"

using namespace sinks_test;
using ctxlog::file_sink;
namespace fs = std::filesystem;

namespace {

void check_refused(const fs::path& path, std::errc code, std::string_view reason) {
  try {
    file_sink sink(path.string());
    FAIL("accepted " << path);
  } catch (const std::system_error& error) {
    CAPTURE(error.what());
    CHECK(error.code() == code);
    CHECK(std::string_view(error.what()).find("\"" + path.string() + "\"") != std::string_view::npos);
    CHECK(std::string_view(error.what()).find(reason) != std::string_view::npos);
  }
}

mode_t mode_under(mode_t mask, const fs::path& path) {
  CHECK(run_in_child([&] {
          ::umask(mask);
          file_sink sink(path.string());
        }) == 0);
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

void limit_file_size(rlim_t bytes) {
  const rlimit limit{bytes, RLIM_INFINITY};
  require(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

// Returns the number of the first refused line.
int write_until_refused(file_sink& sink, std::errc expected) {
  int number = 0;
  std::error_code reason;
  while (number < 1000 && !(reason = sink.write(any_record(), numbered_line(0, number, 300)))) ++number;
  require(reason == expected);
  return number;
}

void write_numbered(file_sink& sink, int first, int last) {
  for (int number = first; number < last; ++number)
    require(!sink.write(any_record(), numbered_line(0, number, 300)));
}

}  // namespace

TEST_CASE("a log file is readable by its group and by nobody else") {
  const temporary_directory directory;
  CHECK(mode_under(0, directory.path / "open") == 0640);
  CHECK(mode_under(077, directory.path / "private") == 0600);
}

TEST_CASE("what is not fit for a log file is refused with path and reason") {
  const temporary_directory directory;
  const auto target = directory.path / "target";
  const auto link = directory.path / "link";
  fs::create_symlink(target, link);
  check_refused(link, std::errc::too_many_symbolic_link_levels, "symbolic link");
  CHECK_FALSE(fs::exists(target));
  check_refused(directory.path, std::errc::is_a_directory, "it is a directory");
  check_refused(directory.path / "missing" / "app.log", std::errc::no_such_file_or_directory,
                "directory does not exist");

  const auto fifo = directory.path / "fifo";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  REQUIRE(run_in_child([&] {  // which is ended should it hang
            try {
              file_sink sink(fifo.string());
            } catch (const std::system_error&) {}
          }) == 0);
  check_refused(fifo, std::errc::no_such_device_or_address, "FIFO that no process reads");
}

TEST_CASE("a FIFO with a reader and a character device are log files") {
  const temporary_directory directory;
  const auto fifo = directory.path / "fifo";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  const int reader = ::open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  file_sink sink(fifo.string());
  CHECK_FALSE(sink.write(any_record(), "through the FIFO\n"));
  CHECK(read_some(reader, 100) == "through the FIFO\n");
  ::close(reader);
  CHECK_FALSE(file_sink("/dev/null").write(any_record(), "gone\n"));
}

TEST_CASE("a file is appended to, also after another program has truncated it", "[LG-14]") {
  const temporary_directory directory;
  const auto path = directory.path / "app.log";
  std::ofstream(path) << "before\n";
  file_sink sink(path.string());
  CHECK(sink.name() == path.string());
  write_numbered(sink, 0, 10);
  CHECK(read_file(path).starts_with("before\n0 0 "));
  fs::resize_file(path, 0);
  write_numbered(sink, 10, 20);
  CHECK(is_sequence(read_file(path), 10, 20));
}

TEST_CASE("a limit on file sizes neither kills the program nor tears a line", "[H14]") {
  const temporary_directory directory;
  const auto path = directory.path / "app.log";
  CHECK(run_in_child([&] {
          static std::atomic<int> seen{0};
          std::signal(SIGXFSZ, [](int) { seen.fetch_add(1); });
          limit_file_size(10'000);
          file_sink sink(path.string());
          const int refused = write_until_refused(sink, std::errc::file_too_large);
          require(refused == 34);  // the 34th line fits in part
          require(sink.flush() == std::errc::file_too_large);
          require(fs::file_size(path) == 10'000);
          std::signal(SIGXFSZ, SIG_DFL);
          require(sink.write(any_record(), "refused\n") == std::errc::file_too_large);
          limit_file_size(20'000);
          write_numbered(sink, refused, 60);
          require(seen.load() == 0);
        }) == 0);
  CHECK(is_sequence(read_file(path), 0, 60));
}

TEST_CASE("a full file system gets whole lines again once there is room", "[H14]") {
  constexpr int not_permitted = 77;
  const temporary_directory directory;
  const int result = run_in_child([&] {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("tmpfs", directory.path.c_str(), "tmpfs", 0, "size=64k") != 0)
      ::_exit(not_permitted);
    const auto path = directory.path / "app.log";
    for (const std::size_t buffer_size : {0u, 5000u}) {
      std::ofstream(directory.path / "filler") << std::string(30'000, 'x');
      file_sink sink(path.string(), {.buffer_size = buffer_size});
      const int refused = write_until_refused(sink, std::errc::no_space_on_device);
      require(refused > 50);
      require(sink.write(any_record(), numbered_line(0, refused, 300)) == std::errc::no_space_on_device);
      fs::remove(directory.path / "filler");
      write_numbered(sink, refused, refused + 20);
      require(!sink.flush());
      require(is_sequence(read_file(path), 0, refused + 20));
      fs::remove(path);
    }
  });
  if (result == not_permitted) SKIP("mounting a tmpfs needs privileges that this process does not have");
  CHECK(result == 0);
}

TEST_CASE("four processes append 5000 lines each to one file and none is torn", "[H9]") {
  const temporary_directory directory;
  const auto path = directory.path / "app.log";
  std::array<pid_t, 4> writers{};
  for (int writer = 0; writer < 4; ++writer) {
    writers[static_cast<std::size_t>(writer)] = start_child([&] {
      file_sink sink(path.string(), {.buffer_size = writer < 2 ? 0u : 20'000u});
      for (int number = 0; number < 5000; ++number) {
        const auto size = static_cast<std::size_t>(40 + number % 97 * 50);
        require(!sink.write(any_record(), numbered_line(writer, number, size)));
      }
      require(!sink.flush());
    });
  }
  for (const pid_t writer : writers) CHECK(wait_for(writer) == 0);

  std::array<int, 4> next{};
  for (const auto& line : split_lines(read_file(path))) {
    const auto parsed = parse(line);
    REQUIRE(parsed.intact);
    REQUIRE(parsed.number == next.at(static_cast<std::size_t>(parsed.writer))++);
  }
  CHECK(next == std::array{5000, 5000, 5000, 5000});
}

TEST_CASE("SIGKILL loses no line that was taken without a buffer", "[H14]") {
  const temporary_directory directory;
  const auto path = directory.path / "app.log";
  CHECK(run_in_child([&] {
          file_sink sink(path.string());
          write_numbered(sink, 0, 1000);
          ::raise(SIGKILL);
        }) == -SIGKILL);
  CHECK(is_sequence(read_file(path), 0, 1000));
}

TEST_CASE("a rotation under load loses no line and repeats none", "[LG-14]") {
  const temporary_directory directory;
  const auto path = directory.path / "app.log";
  constexpr int rotations = 50;
  std::atomic<bool> done{false};
  std::atomic<int> written{0};
  for (const std::size_t buffer_size : {0u, 5000u}) {
    done = false;
    written = 0;
    file_sink sink(path.string(), {.buffer_size = buffer_size});
    std::thread writer([&] {
      for (; !done.load(); written.fetch_add(1))
        if (sink.write(any_record(), numbered_line(0, written.load(), 300))) return;
    });
    for (int rotation = 0; rotation < rotations; ++rotation) {
      for (const int before = written.load(); written.load() < before + 20;) std::this_thread::yield();
      fs::rename(path, directory.path / std::to_string(rotation));
      CHECK_FALSE(sink.reopen());
    }
    done = true;
    writer.join();
    CHECK_FALSE(sink.flush());
    std::string all;
    for (int rotation = 0; rotation < rotations; ++rotation)
      all += read_file(directory.path / std::to_string(rotation));
    CHECK(is_sequence(all + read_file(path), 0, written.load()));
    fs::remove(path);
  }
}

TEST_CASE("when the path cannot be reopened the old file stays in use", "[LG-14]") {
  const temporary_directory directory;
  const auto path = directory.path / "app.log";
  file_sink sink(path.string());
  write_numbered(sink, 0, 1);
  fs::rename(path, directory.path / "old");
  fs::create_symlink("elsewhere", path);
  CHECK(sink.reopen() == std::errc::too_many_symbolic_link_levels);
  write_numbered(sink, 1, 2);
  CHECK(is_sequence(read_file(directory.path / "old"), 0, 2));
}

TEST_CASE("a line that the old file takes only in part is repeated whole in the new one", "[LG-14]") {
  for (const std::size_t buffer_size : {0u, 5000u}) {
    const temporary_directory directory;
    const auto path = directory.path / "app.log";
    const auto old_path = directory.path / "old";
    CHECK(run_in_child([&] {
            limit_file_size(10'000);
            file_sink sink(path.string(), {.buffer_size = buffer_size});
            const int refused = write_until_refused(sink, std::errc::file_too_large);
            fs::rename(path, old_path);
            require(!sink.reopen());
            require(!sink.flush());
            const std::string old_bytes = read_file(old_path);
            require(old_bytes.size() == 10'000);
            require(is_sequence(old_bytes.substr(0, 33 * 300), 0, 33));
            require(is_sequence(read_file(path), 33, refused));
          }) == 0);
  }
}
