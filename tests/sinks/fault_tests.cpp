// Faults of system calls and of callers: errors at random, full devices, huge messages; the account stays exact.
// SPDX-License-Identifier: MIT
#include <sys/resource.h>
#include <sys/socket.h>

#include <catch2/catch_test_macros.hpp>
#include <csignal>
#include <thread>

#include "ctxlog/logger.hpp"
#include "ctxlog/pipeline.hpp"
#include "ctxlog/sinks/fd.hpp"
#include "ctxlog/sinks/file.hpp"
#include "sanitizers.hpp"
#include "sinks.hpp"
#include "strict_json.hpp"

using namespace sinks_test;
using namespace std::chrono_literals;
using namespace ctxlog::literals;
namespace fs = std::filesystem;

namespace {

const std::string faulty_program = CTXLOG_CHILDREN_DIR "/sinks_faults 20000 ";

ctxlog::sink_statistics log_json_lines(std::shared_ptr<ctxlog::sink> sink, int count) {
  ctxlog::remove_sinks();
  ctxlog::add_sink(std::move(sink), {.encoder = ctxlog::json_encoder()});
  for (int number = 0; number < count; ++number) ctxlog::info("line", "number"_kv = number);
  const auto account = ctxlog::shutdown().removed;
  require(account.accepted == static_cast<std::uint64_t>(count));
  require(account.written + account.dropped == account.accepted);
  return account;
}

int highest_memory_mb() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<int>(usage.ru_maxrss / 1024);
}

}  // namespace

TEST_CASE("system calls that fail or do a part at random lose, repeat and tear no line", "[H14]") {
  const temporary_directory directory;
  for (const auto* buffer_size : {"0 ", "5000 "}) {
    const auto file = (directory.path / "app.log").string();
    CHECK(run_shell(faulty_program + buffer_size + file) == 0);
    CHECK(is_sequence(read_file(file), 0, 20'000));
    fs::remove(file);

    const auto copy = (directory.path / "copy").string();
    CHECK(run_shell(faulty_program + buffer_size + "stdout | cat >" + copy) == 0);
    CHECK(is_sequence(read_file(copy), 0, 20'000));
  }
}

TEST_CASE("system calls that fail at random do not harm a rotation", "[LG-13][H14]") {
  for (const auto* buffer_size : {"0 ", "5000 "}) {
    const temporary_directory directory;
    const auto file = (directory.path / "app.log").string();
    CHECK(run_shell(faulty_program + buffer_size + file + " 100000") == 0);
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(directory.path))
      if (entry.path().extension() == ".log") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    CHECK(files.size() >= 40);
    std::string all;
    for (const auto& path : files) {
      CHECK(fs::file_size(path) <= 100'000);
      all += read_file(path);
    }
    CHECK(is_sequence(all, 0, 20'000));
  }
}

TEST_CASE("system calls on a socket that fail at random lose no line", "[H14]") {
  std::array<int, 2> ends{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
  const pid_t child = start_child([&] {
    ::dup2(ends[1], STDOUT_FILENO);
    ::execl(CTXLOG_CHILDREN_DIR "/sinks_faults", "sinks_faults", "20000", "0", "stdout", nullptr);
    ::_exit(127);
  });
  ::close(ends[1]);
  const std::string all = read_all(ends[0]);
  ::close(ends[0]);
  CHECK(wait_for(child) == 0);
  CHECK(is_sequence(all, 0, 20'000));
}

TEST_CASE("what a full device and a closed pipe refuse is counted to the record", "[H14]") {
  CHECK(run_in_child([] {
          std::freopen("/dev/null", "w", stderr);
          const auto account = log_json_lines(std::make_shared<ctxlog::file_sink>("/dev/full"), 1000);
          require(account.written == 0);
        }) == 0);
  CHECK(run_in_child([] {
          std::freopen("/dev/null", "w", stderr);
          pipe_pair pipe;
          const auto sink = std::make_shared<ctxlog::fd_sink>(pipe.write_end(), "pipe");
          pipe.close_read();
          require(log_json_lines(sink, 1000).dropped == 1000);
        }) == 0);
}

TEST_CASE("after a file's limit is lifted every later line parses and the account is exact", "[H14]") {
  const temporary_directory directory;
  const auto path = directory.path / "app.log";
  CHECK(run_in_child([&] {
          std::freopen("/dev/null", "w", stderr);
          const rlimit limit{50'000, RLIM_INFINITY};
          require(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
          ctxlog::remove_sinks();
          ctxlog::add_sink(std::make_shared<ctxlog::file_sink>(path.string()),
                           {.encoder = ctxlog::json_encoder()});
          for (int number = 0; number < 1000; ++number) ctxlog::info("line", "number"_kv = number);
          const rlimit none{RLIM_INFINITY, RLIM_INFINITY};
          require(::setrlimit(RLIMIT_FSIZE, &none) == 0);
          for (int number = 1000; number < 1100; ++number) ctxlog::info("line", "number"_kv = number);
          const auto account = ctxlog::shutdown().removed;
          require(account.accepted == 1100 && account.written + account.dropped == account.accepted);
          require(account.dropped > 0);
          require(split_lines(read_file(path)).size() == account.written);
        }) == 0);
  const auto lines = split_lines(read_file(path));
  for (const auto& line : lines) strict_json::parse(line);
  for (std::size_t number = 1000; number < 1100; ++number)
    CHECK(strict_json::parse(lines.at(lines.size() + number - 1100)).get<std::size_t>("number") == number);
}

TEST_CASE("a field of 512 MB costs less than 64 MB besides itself, a message its formatted text too",
          "[H14]") {
  if (address_sanitizer || thread_sanitizer) SKIP("a sanitizer's memory is counted too");
  constexpr int size_mb = 512, little_mb = 64;
  CHECK(run_in_child([] {
          ctxlog::remove_sinks();
          const auto add = [](std::size_t buffer_size, std::shared_ptr<const ctxlog::encoder> encoder) {
            ctxlog::add_sink(std::make_shared<ctxlog::file_sink>(
                                 "/dev/null", ctxlog::fd_options{.buffer_size = buffer_size}),
                             {.encoder = std::move(encoder)});
          };
          add(0, ctxlog::json_encoder());
          add(65536, ctxlog::pretty_encoder(false));
          const std::string huge(std::size_t{size_mb} << 20, 'x');
          const int before = highest_memory_mb();
          ctxlog::info("field", "huge"_kv = huge);
          require(highest_memory_mb() - before < little_mb);
          ctxlog::info("{}", huge);
          require(highest_memory_mb() - before < size_mb + little_mb);
          const auto account = ctxlog::shutdown().removed;
          require(account.accepted == 4 && account.written == 4 && account.dropped == 0);
        }) == 0);
}
