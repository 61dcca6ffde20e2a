// The fallback sink: who gets which line while the primary fails, and what is said about it.
// SPDX-License-Identifier: MIT
#include "ctxlog/sinks/fallback.hpp"

#include <sys/resource.h>

#include <catch2/catch_test_macros.hpp>
#include <csignal>
#include <stdexcept>

#include "ctxlog/logger.hpp"
#include "ctxlog/pipeline.hpp"
#include "ctxlog/sinks/callback.hpp"
#include "ctxlog/sinks/fd.hpp"
#include "ctxlog/sinks/file.hpp"
#include "sinks.hpp"

using namespace sinks_test;
using namespace std::chrono_literals;
using ctxlog::callback_sink;
using ctxlog::fallback_sink;

namespace {

// A fallback sink from a pipe, whose reader can stop, to another.
struct pipes {
  explicit pipes(ctxlog::fallback_options options = {})
      : sink(std::make_shared<ctxlog::fd_sink>(primary.write_end(), "primary",
                                               ctxlog::fd_options{.block_timeout = 0ms}),
             std::make_shared<ctxlog::fd_sink>(secondary.write_end(), "secondary"), options) {}

  void fill() {
    while (::write(primary.write_end(), "0123456789abcdef", 16) > 0) {}
  }
  std::error_code write(std::chrono::nanoseconds time, std::string_view line) {
    return sink.write(made_record(at(time)), line);
  }
  std::string in_primary() { return read_all(primary.read_end()); }
  std::string in_secondary() { return read_all(secondary.read_end()); }

  pipe_pair primary{O_NONBLOCK}, secondary{O_NONBLOCK};
  fallback_sink sink;
};

// What `body` has standard error say.
std::string said_by(const std::function<void()>& body) {
  pipe_pair pipe;
  const pid_t child = start_child([&] {
    ::dup2(pipe.write_end(), STDERR_FILENO);
    body();
  });
  pipe.close_write();
  const std::string said = read_all(pipe.read_end());
  CHECK(wait_for(child) == 0);
  return said;
}

}  // namespace

TEST_CASE("each line that the primary refuses goes to the secondary, and none is lost", "[H14]") {
  pipes both;
  CHECK_FALSE(both.write(1s, "a\n"));
  CHECK(both.in_primary() == "a\n");
  both.fill();
  for (const auto* line : {"b\n", "c\n", "d\n", "e\n"}) CHECK_FALSE(both.write(2s, line));
  CHECK(both.in_secondary() == "b\nc\nd\ne\n");
  const auto account = both.sink.stats();
  CHECK(account.primary == 1);
  CHECK(account.secondary == 4);
  CHECK(account.lost == 0);
  CHECK(account.openings == 1);
  CHECK(both.sink.name() == "primary, else secondary");
}

TEST_CASE("after failures in a row the primary is not asked before its pause is over", "[H14]") {
  pipes both({.failures = 3, .retry_after = 1000ms, .retry_at_most = 3000ms});
  both.fill();
  CHECK_FALSE(both.write(1s, "1\n"));
  CHECK_FALSE(both.write(1s, "2\n"));
  both.in_primary();
  CHECK_FALSE(both.write(1s, "a\n"));  // two failures are not enough
  CHECK(both.in_primary() == "a\n");

  both.fill();
  for (int failure = 0; failure < 3; ++failure) CHECK_FALSE(both.write(10s, "3\n"));
  both.in_primary();
  CHECK_FALSE(both.write(11s - 1ns, "4\n"));
  CHECK(both.in_primary().empty());
  both.fill();
  CHECK_FALSE(both.write(11s, "5\n"));  // asked and refused: a pause of 2 s
  both.in_primary();
  CHECK_FALSE(both.write(13s - 1ns, "6\n"));
  CHECK(both.in_primary().empty());
  both.fill();
  CHECK_FALSE(both.write(13s, "7\n"));  // of 3 s, not 4
  both.in_primary();
  CHECK_FALSE(both.write(16s - 1ns, "8\n"));
  CHECK(both.in_primary().empty());
  CHECK_FALSE(both.write(16s, "b\n"));
  CHECK_FALSE(both.write(16s, "c\n"));
  CHECK(both.in_primary() == "b\nc\n");
  CHECK(both.in_secondary() == "1\n2\n3\n3\n3\n4\n5\n6\n7\n8\n");
  CHECK(both.sink.stats().openings == 1);
}

TEST_CASE("that the primary is given up and that it is back is each said once") {
  const std::string said = said_by([] {
    pipes both({.failures = 2});
    both.fill();
    for (int again = 0; again < 10; ++again) require(!both.write(1s, "x\n"));
    both.in_primary();
    for (int again = 0; again < 10; ++again) require(!both.write(5s, "x\n"));
  });
  CHECK(said ==
        "ctxlog: sink primary: Connection timed out; its lines go to secondary\n"
        "ctxlog: sink primary takes lines again\n");
}

TEST_CASE("what the primary throws is a failure like another, and what both refuse is lost") {
  const auto thrower = std::make_shared<callback_sink>(
      [calls = 0](const ctxlog::record&, std::string_view) mutable {
        if (++calls == 1) throw 42;
        throw std::runtime_error("no");
      },
      "thrower");
  const pipe_pair pipe(O_NONBLOCK);
  fallback_sink sink(thrower, std::make_shared<ctxlog::fd_sink>(pipe.write_end(), "pipe"));
  for (const auto* line : {"a\n", "b\n"}) CHECK_FALSE(sink.write(any_record(), line));
  CHECK(read_all(pipe.read_end()) == "a\nb\n");

  fallback_sink hopeless(thrower, thrower);
  CHECK_THROWS_AS(hopeless.write(any_record(), "c\n"), std::runtime_error);
  CHECK(hopeless.stats().lost == 1);
  CHECK(hopeless.stats().secondary == 0);
}

TEST_CASE("a sink that is missing is refused by its place") {
  const auto some = std::make_shared<callback_sink>([](const ctxlog::record&, std::string_view) {});
  CHECK_THROWS_AS(fallback_sink(nullptr, some), std::invalid_argument);
  CHECK_THROWS_AS(fallback_sink(some, nullptr), std::invalid_argument);
}

TEST_CASE("both sinks of a fallback are flushed, when the earlier of them is due") {
  const pipe_pair first(O_NONBLOCK), second(O_NONBLOCK);
  const auto primary = std::make_shared<ctxlog::fd_sink>(
      first.write_end(), "first", ctxlog::fd_options{.buffer_size = 4, .flush_after = 5000ms});
  const auto secondary = std::make_shared<ctxlog::fd_sink>(
      second.write_end(), "second", ctxlog::fd_options{.buffer_size = 100, .flush_after = 2000ms});
  fallback_sink sink(primary, secondary);
  CHECK_FALSE(sink.write(made_record(at(1s)), "a\n"));
  CHECK(sink.flush_due() == at(6s));
  CHECK_FALSE(secondary->write(made_record(at(1s)), "b\n"));
  CHECK(sink.flush_due() == at(3s));
  CHECK_FALSE(sink.flush());
  CHECK(read_all(first.read_end()) == "a\n");
  CHECK(read_all(second.read_end()) == "b\n");
}

TEST_CASE("a file at its limit falls back: each record is in one of the files and all are accounted for",
          "[H14]") {
  const temporary_directory directory;
  const auto first = directory.path / "first.log", second = directory.path / "second.log";
  CHECK(run_in_child([&] {
          const rlimit limit{20'000, RLIM_INFINITY};
          require(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
          ctxlog::remove_sinks();
          const auto sink = std::make_shared<fallback_sink>(
              std::make_shared<ctxlog::file_sink>(first.string(), ctxlog::fd_options{},
                                                  ctxlog::file_options{.rotation = {.interval = 24h}}),
              std::make_shared<ctxlog::file_sink>(second.string()));
          ctxlog::add_sink(sink, {.encoder = ctxlog::pattern_encoder("{message}")});
          for (int number = 0; number < 300; ++number) {
            std::string line = numbered_line(0, number, 100);
            line.pop_back();
            ctxlog::info("{}", line);
          }
          const auto account = ctxlog::shutdown().removed;
          require(account.accepted == 300 && account.written + account.dropped == account.accepted);
          require(account.dropped == 0);
          require(sink->stats().primary == 200 && sink->stats().secondary == 100);
        }) == 0);
  CHECK(is_sequence(read_file(first) + read_file(second), 0, 300));
}
