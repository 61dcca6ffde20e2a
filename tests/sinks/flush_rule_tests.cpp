// When gathered lines leave the process: by age, by level, and what it costs to wait.
// SPDX-License-Identifier: MIT
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <catch2/catch_test_macros.hpp>

#include "ctxlog/sinks/fd.hpp"
#include "ctxlog/sinks/file.hpp"
#include "interposed.hpp"
#include "sanitizers.hpp"
#include "sinks.hpp"

using namespace sinks_test;
using namespace std::chrono_literals;
using ctxlog::fd_sink;
using ctxlog::level;
using std::chrono::system_clock;

namespace {

constexpr auto never = system_clock::time_point::max();

}  // namespace

TEST_CASE("a gathered line is written when a record finds it older than flush_after", "[H14]") {
  const pipe_pair pipe(O_NONBLOCK);
  fd_sink sink(pipe.write_end(), "pipe", {.buffer_size = 1000, .flush_after = 500ms});
  CHECK(sink.flush_due() == never);
  CHECK_FALSE(sink.write(made_record(at(10s)), "a\n"));
  CHECK(sink.flush_due() == at(10s + 500ms));
  CHECK_FALSE(sink.write(made_record(at(10s + 499ms)), "b\n"));
  CHECK(sink.flush_due() == at(10s + 500ms));
  CHECK(read_all(pipe.read_end()).empty());
  CHECK_FALSE(sink.write(made_record(at(10s + 500ms)), "c\n"));
  CHECK(read_all(pipe.read_end()) == "a\nb\nc\n");
  CHECK(sink.flush_due() == never);

  CHECK_FALSE(sink.write(made_record(at(20s)), "d\n"));
  CHECK(sink.flush_due() == at(20s + 500ms));
  CHECK_FALSE(sink.flush());
  CHECK(sink.flush_due() == never);
  CHECK(read_all(pipe.read_end()) == "d\n");
}

TEST_CASE("a record of flush_level is written at once with all gathered before it", "[H14]") {
  const pipe_pair pipe(O_NONBLOCK);
  fd_sink sink(pipe.write_end(), "pipe", {.buffer_size = 1000});
  CHECK_FALSE(sink.write(made_record(at(1s), level::warn), "a\n"));
  CHECK(read_all(pipe.read_end()).empty());
  CHECK_FALSE(sink.write(made_record(at(1s), level::error), "b\n"));
  CHECK(read_all(pipe.read_end()) == "a\nb\n");

  fd_sink patient(pipe.write_end(), "pipe", {.buffer_size = 1000, .flush_level = level::off});
  CHECK_FALSE(patient.write(made_record(at(1s), level::critical), "c\n"));
  CHECK(read_all(pipe.read_end()).empty());
}

TEST_CASE("a clock that is set back does not keep lines for longer than flush_after") {
  const pipe_pair pipe(O_NONBLOCK);
  fd_sink sink(pipe.write_end(), "pipe", {.buffer_size = 1000});
  CHECK_FALSE(sink.write(made_record(at(1h)), "a\n"));
  CHECK_FALSE(sink.write(made_record(at(10s)), "b\n"));
  CHECK(sink.flush_due() == at(11s));
  CHECK_FALSE(sink.write(made_record(at(11s)), "c\n"));
  CHECK(read_all(pipe.read_end()) == "a\nb\nc\n");
}

TEST_CASE("lines that cannot be written yet are due again after as long, not at every record") {
  const pipe_pair pipe(O_NONBLOCK);
  while (::write(pipe.write_end(), "0123456789abcdef", 16) > 0) {}
  fd_sink sink(pipe.write_end(), "pipe", {.block_timeout = 0ms, .buffer_size = 1000});
  CHECK_FALSE(sink.write(made_record(at(1s)), "a\n"));
  CHECK_FALSE(sink.write(made_record(at(2s)), "b\n"));
  CHECK(sink.flush_due() == at(3s));
  CHECK(sink.flush() == std::errc::timed_out);
  read_all(pipe.read_end());
  CHECK_FALSE(sink.write(made_record(at(3s)), "c\n"));
  CHECK(read_all(pipe.read_end()) == "a\nb\nc\n");
}

TEST_CASE("gathering a record asks neither the kernel nor the clock", "[H14]") {
  if (thread_sanitizer) SKIP("ThreadSanitizer asks the kernel");
  const temporary_directory directory;
  const auto path = (directory.path / "app.log").string();
  CHECK(run_in_child([&] {
          ctxlog::file_sink sink(path, {.buffer_size = 1 << 20, .sync = ctxlog::sync_policy::interval},
                                 {.rotation = {.max_bytes = 1 << 24, .interval = 1h}, .watch_interval = 1h});
          const made_record rec(at(1s));
          require(!sink.write(rec, "first\n"));
          const int readings = clock_readings.load();
          // From here on any system call but write(2) kills the process.
          require(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0);
          for (int number = 0; number < 10'000; ++number)
            if (sink.write(rec, "another\n")) ::syscall(SYS_exit, 1);
          ::syscall(SYS_exit, clock_readings.load() == readings ? 0 : 1);
        }) == 0);
  CHECK(read_file(path).empty());
}
