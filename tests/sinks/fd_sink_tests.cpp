// The descriptor sink against real pipes, sockets, terminals, full disks, signals and forks.
// SPDX-License-Identifier: MIT
#include "ctxlog/sinks/fd.hpp"

#include <sys/socket.h>
#include <sys/time.h>

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <csignal>
#include <thread>

#include "sinks.hpp"

using namespace sinks_test;
using namespace std::chrono_literals;
using ctxlog::fd_sink;

namespace {

constexpr auto patient = 60'000ms;

// Each write(2) to one end is one message at the other.
struct packet_pair {
  packet_pair() {
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) != 0)
      std::abort();
  }
  ~packet_pair() {
    ::close(ends[0]);
    ::close(ends[1]);
  }
  int out() const { return ends[1]; }
  std::string next() const { return read_some(ends[0], 1 << 20); }

  std::array<int, 2> ends{};
};

bool is_pending(int signal) {
  sigset_t pending;
  sigpending(&pending);
  return sigismember(&pending, signal) == 1;
}

bool is_blocked(int signal) {
  sigset_t mask;
  pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  return sigismember(&mask, signal) == 1;
}

std::atomic<int> signals_seen{0};
void count_signal(int) { signals_seen.fetch_add(1); }

// Without SA_RESTART, so that calls are interrupted.
void count_signals(int signal) {
  struct sigaction action {};
  action.sa_handler = count_signal;
  sigaction(signal, &action, nullptr);
}

void write_numbered(fd_sink& sink, int first, int last, std::size_t size) {
  for (int number = first; number < last; ++number)
    require(!sink.write(any_record(), numbered_line(0, number, size)));
}

// Returns the number of the first refused line.
int write_until_refused(fd_sink& sink) {
  int number = 0;
  while (number < 1000 && !sink.write(any_record(), numbered_line(0, number, 1000))) ++number;
  return number;
}

}  // namespace

TEST_CASE("one record is one write") {
  const packet_pair packets;
  fd_sink sink(packets.out(), "packets");
  for (int number = 0; number < 3; ++number)
    REQUIRE_FALSE(sink.write(any_record(), numbered_line(0, number, 20'000)));
  for (int number = 0; number < 3; ++number) CHECK(packets.next() == numbered_line(0, number, 20'000));
}

TEST_CASE("a sink keeps its own descriptor, above the standard ones and closed on exec") {
  pipe_pair pipe;
  fd_sink sink(pipe.write_end(), "pipe");
  CHECK(sink.descriptor() > STDERR_FILENO);
  CHECK(sink.descriptor() != pipe.write_end());
  CHECK((::fcntl(sink.descriptor(), F_GETFD) & FD_CLOEXEC) != 0);
  pipe.close_write();
  CHECK_FALSE(sink.write(any_record(), "still here\n"));
  CHECK(read_some(pipe.read_end(), 100) == "still here\n");
  CHECK(sink.name() == "pipe");
}

TEST_CASE("a sink's descriptor never takes the number of a missing standard stream") {
  CHECK(run_in_child([] {
          const pipe_pair pipe;
          ::close(STDIN_FILENO);
          require(fd_sink(pipe.write_end(), "pipe").descriptor() > STDERR_FILENO);
        }) == 0);
}

TEST_CASE("a descriptor that is not open is refused by name and number") {
  try {
    fd_sink(-1, "nowhere");
    FAIL("accepted");
  } catch (const std::system_error& error) {
    CHECK(error.code() == std::errc::bad_file_descriptor);
    CHECK(std::string_view(error.what()).find("descriptor -1") != std::string_view::npos);
    CHECK(std::string_view(error.what()).find("\"nowhere\"") != std::string_view::npos);
  }
}

TEST_CASE("only a terminal is a terminal") {
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
  REQUIRE(terminal != -1);
  CHECK(fd_sink(terminal, "terminal").is_terminal());
  CHECK_FALSE(fd_sink(pipe_pair().write_end(), "pipe").is_terminal());
  ::close(terminal);
}

TEST_CASE("a slow reader of a non-blocking pipe gets 20000 of 20000 lines", "[H14]") {
  pipe_pair pipe;
  ::fcntl(pipe.write_end(), F_SETPIPE_SZ, 4096);
  set_non_blocking(pipe.write_end());
  const pid_t writer = start_child([&] {
    fd_sink sink(pipe.write_end(), "pipe", {.block_timeout = patient});
    write_numbered(sink, 0, 20'000, 200);
  });
  pipe.close_write();
  std::string all;
  for (std::string some; !(some = read_some(pipe.read_end(), 777)).empty(); std::this_thread::yield())
    all += some;
  CHECK(wait_for(writer) == 0);
  CHECK(is_sequence(all, 0, 20'000));
}

TEST_CASE("a record that fits in part into a full pipe is completed before anything else", "[H14]") {
  const pipe_pair pipe(O_NONBLOCK);
  fd_sink sink(pipe.write_end(), "pipe", {.block_timeout = 1ms});
  CHECK_FALSE(sink.write(any_record(), numbered_line(0, 0, 100'000)));
  CHECK(sink.write(any_record(), "refused\n") == std::errc::timed_out);
  CHECK(sink.flush() == std::errc::timed_out);

  std::string all = read_all(pipe.read_end());
  CHECK(all.size() < 100'000);
  CHECK_FALSE(sink.write(any_record(), numbered_line(0, 1, 100)));
  all += read_all(pipe.read_end());
  CHECK(is_sequence(all, 0, 2));
}

TEST_CASE("a stuck reader costs one wait, not one for each record", "[H14]") {
  // 2000 waits of 100 ms would meet the child's alarm.
  CHECK(run_in_child([] {
          const pipe_pair pipe(O_NONBLOCK);
          fd_sink sink(pipe.write_end(), "pipe", {.block_timeout = 100ms});
          const int taken = write_until_refused(sink);
          for (int again = 0; again < 2000; ++again)
            require(sink.write(any_record(), numbered_line(0, taken, 1000)) == std::errc::timed_out);
          require(is_sequence(read_all(pipe.read_end()), 0, taken));
          write_numbered(sink, 0, 10, 1000);
          require(is_sequence(read_all(pipe.read_end()), 0, 10));
        }) == 0);
}

TEST_CASE("once the reader takes bytes again a full pipe is waited for again") {
  pipe_pair pipe, stalled;
  set_non_blocking(pipe.write_end());
  const pid_t writer = start_child([&] {
    // Longer than the reader may be kept from running.
    fd_sink sink(pipe.write_end(), "pipe", {.block_timeout = 3000ms});
    const int number = write_until_refused(sink);
    stalled.close_write();
    while (sink.write(any_record(), numbered_line(0, number, 1000))) std::this_thread::yield();
    write_numbered(sink, number + 1, 2000, 1000);
  });
  pipe.close_write();
  stalled.close_write();
  CHECK(read_all(stalled.read_end()).empty());
  std::string all;
  for (std::string some; !(some = read_some(pipe.read_end(), 777)).empty(); std::this_thread::yield())
    all += some;
  CHECK(wait_for(writer) == 0);
  CHECK(is_sequence(all, 0, 2000));
}

TEST_CASE("a storm of signals neither loses, repeats nor tears a line", "[H14]") {
  for (const std::size_t size : {300u, 300'000u}) {
    const int count = static_cast<int>(6'000'000 / size);
    pipe_pair pipe;
    const pid_t writer = start_child([&] {
      count_signals(SIGALRM);
      const itimerval every_100_us{{0, 100}, {0, 100}};
      setitimer(ITIMER_REAL, &every_100_us, nullptr);
      fd_sink sink(pipe.write_end(), "pipe");
      write_numbered(sink, 0, count, size);
      require(signals_seen.load() > 0);
    });
    pipe.close_write();
    std::string all;
    for (std::string some; !(some = read_some(pipe.read_end(), 3000)).empty(); std::this_thread::yield())
      all += some;
    CHECK(wait_for(writer) == 0);
    CHECK(is_sequence(all, 0, count));
  }
}

TEST_CASE("a reader that went away is an error, not the end of the program", "[H14]") {
  CHECK(run_in_child([] {
          std::signal(SIGPIPE, SIG_DFL);
          pipe_pair pipe;
          fd_sink sink(pipe.write_end(), "pipe");
          pipe.close_read();
          for (int again = 0; again < 3; ++again)
            require(sink.write(any_record(), "x\n") == std::errc::broken_pipe);
          require(!is_pending(SIGPIPE) && !is_blocked(SIGPIPE));
        }) == 0);
  CHECK(run_in_child([] {
          std::signal(SIGPIPE, SIG_DFL);
          std::array<int, 2> ends{};
          require(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0);
          fd_sink sink(ends[1], "socket");
          ::close(ends[0]);
          require(sink.write(any_record(), "x\n") == std::errc::broken_pipe);
        }) == 0);
}

TEST_CASE("the program's own dealings with SIGPIPE are left alone", "[H14]") {
  CHECK(run_in_child([] {
          count_signals(SIGPIPE);
          pipe_pair pipe;
          fd_sink sink(pipe.write_end(), "pipe");
          pipe.close_read();
          require(sink.write(any_record(), "x\n") == std::errc::broken_pipe);
          require(signals_seen.load() == 0);

          sigset_t pipe_signal;
          sigemptyset(&pipe_signal);
          sigaddset(&pipe_signal, SIGPIPE);
          pthread_sigmask(SIG_BLOCK, &pipe_signal, nullptr);
          require(sink.write(any_record(), "x\n") == std::errc::broken_pipe);
          require(!is_pending(SIGPIPE) && is_blocked(SIGPIPE));

          ::raise(SIGPIPE);
          require(sink.write(any_record(), "x\n") == std::errc::broken_pipe);
          require(is_pending(SIGPIPE) && is_blocked(SIGPIPE));
        }) == 0);
}

TEST_CASE("a program outlives `| head -1` and knows what was lost", "[H14]") {
  const temporary_directory directory;
  const auto in = [&](const char* name) { return (directory.path / name).string(); };
  REQUIRE(run_shell(CTXLOG_CHILDREN_DIR "/sinks_stdout 50000 " + in("report") + " | head -1 >" +
                    in("first")) == 0);
  CHECK(read_file(in("first")) == numbered_line(0, 0, 100));
  int taken = 0, refused = 0, reason = 0;
  REQUIRE(std::sscanf(read_file(in("report")).c_str(), "%d %d %d", &taken, &refused, &reason) == 3);
  CHECK(taken + refused == 50'000);
  CHECK(refused > 0);
  CHECK(reason == EPIPE);
}

TEST_CASE("a program started without standard output logs to standard error and says so once", "[H14]") {
  const temporary_directory directory;
  const auto in = [&](const char* name) { return (directory.path / name).string(); };
  std::ofstream(in("data")) << "precious\n";
  REQUIRE(run_shell(CTXLOG_CHILDREN_DIR "/sinks_stdout 100 " + in("report") + " " + in("data") + " >&- 2>" +
                    in("error")) == 0);
  // The program opened its data file as number 1.
  CHECK(read_file(in("data")) == "precious\n");
  CHECK(read_file(in("report")) == "100 0 0 stderr");
  const std::string error = read_file(in("error"));
  const auto notice_end = error.find('\n') + 1;
  CHECK(error.substr(0, notice_end) ==
        "ctxlog: standard output is closed; its log lines go to standard error\n");
  CHECK(is_sequence(error.substr(notice_end), 0, 100));
}

TEST_CASE("a program started without both standard streams loses its lines and harms no file") {
  const temporary_directory directory;
  const auto in = [&](const char* name) { return (directory.path / name).string(); };
  std::ofstream(in("data")) << "precious\n";
  REQUIRE(run_shell(CTXLOG_CHILDREN_DIR "/sinks_stdout 100 " + in("report") + " " + in("data") +
                    " >&- 2>&-") == 0);
  CHECK(read_file(in("data")) == "precious\n");
  CHECK(read_file(in("report")) == "0 100 " + std::to_string(EBADF) + " stderr");
}

TEST_CASE("standard output that is closed and reopened as something else does not get log lines", "[H14]") {
  const temporary_directory directory;
  const auto data = (directory.path / "data").string();
  pipe_pair pipe;
  CHECK(run_in_child([&] {
          ::dup2(pipe.write_end(), STDOUT_FILENO);
          const auto sink = ctxlog::stdout_sink();
          ::close(STDOUT_FILENO);
          require(::open(data.c_str(), O_WRONLY | O_CREAT, 0600) == STDOUT_FILENO);
          require(!sink->write(any_record(), "to the old output\n"));
          require(sink->name() == "stdout");
        }) == 0);
  pipe.close_write();
  CHECK(read_all(pipe.read_end()) == "to the old output\n");
  CHECK(read_file(data).empty());
}

TEST_CASE("standard output closed by the program itself falls back to standard error") {
  pipe_pair pipe;
  CHECK(run_in_child([&] {
          ::dup2(pipe.write_end(), STDERR_FILENO);
          ::close(STDOUT_FILENO);
          const auto sink = ctxlog::stdout_sink();
          require(sink->name() == "stderr");
          require(!sink->write(any_record(), "line\n"));
        }) == 0);
  pipe.close_write();
  CHECK(read_all(pipe.read_end()).ends_with("standard error\nline\n"));
}

TEST_CASE("a full device refuses each record with its reason", "[H14]") {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  REQUIRE(full != -1);
  fd_sink sink(full, "full");
  for (int again = 0; again < 3; ++again)
    CHECK(sink.write(any_record(), "x\n") == std::errc::no_space_on_device);

  fd_sink buffered(full, "full", {.buffer_size = 100});
  for (int number = 0; number < 100 / 11; ++number) CHECK_FALSE(buffered.write(any_record(), "0123456789\n"));
  CHECK(buffered.write(any_record(), "0123456789\n") == std::errc::no_space_on_device);
  CHECK(buffered.flush() == std::errc::no_space_on_device);
  ::close(full);
}

TEST_CASE("a buffer is written in batches of whole records") {
  const packet_pair packets;
  const auto lines = [](int first, int last) {
    std::string all;
    for (int number = first; number < last; ++number) all += numbered_line(0, number, 300);
    return all;
  };
  {
    fd_sink sink(packets.out(), "packets", {.buffer_size = 1000});
    write_numbered(sink, 0, 3, 300);
    CHECK(packets.next().empty());
    write_numbered(sink, 3, 4, 300);
    CHECK(packets.next() == lines(0, 3));
    CHECK(packets.next().empty());

    CHECK_FALSE(sink.flush());
    CHECK(packets.next() == lines(3, 4));

    write_numbered(sink, 4, 5, 300);
    CHECK_FALSE(sink.write(any_record(), numbered_line(0, 5, 2000)));
    CHECK(packets.next() == lines(4, 5));
    CHECK(packets.next() == numbered_line(0, 5, 2000));

    write_numbered(sink, 6, 8, 300);
    CHECK(packets.next().empty());
  }
  CHECK(packets.next() == lines(6, 8));
}

TEST_CASE("a buffer that cannot be written keeps every taken record whole and in order", "[H14]") {
  const pipe_pair pipe(O_NONBLOCK);
  fd_sink sink(pipe.write_end(), "pipe", {.block_timeout = 1ms, .buffer_size = 30'000});
  int taken = write_until_refused(sink);
  CHECK(taken > 65);
  std::string all;
  for (int round = 0; round < 3; ++round) {
    all += read_all(pipe.read_end());
    CHECK_FALSE(sink.write(any_record(), numbered_line(0, taken++, 1000)));
  }
  CHECK_FALSE(sink.flush());
  all += read_all(pipe.read_end());
  CHECK(is_sequence(all, 0, taken));
}

TEST_CASE("a child of fork does not repeat what its parent held back", "[H9]") {
  const pipe_pair pipe(O_NONBLOCK);
  auto sink = std::make_unique<fd_sink>(pipe.write_end(), "pipe", ctxlog::fd_options{.buffer_size = 1000});
  REQUIRE_FALSE(sink->write(any_record(), "parent\n"));
  CHECK(run_in_child([&] {
          require(!sink->write(any_record(), "child\n"));
          require(!sink->flush());
          sink.reset();
        }) == 0);
  CHECK(run_in_child([&] { sink.reset(); }) == 0);
  CHECK(read_all(pipe.read_end()) == "child\n");
  sink.reset();
  CHECK(read_all(pipe.read_end()) == "parent\n");
}
