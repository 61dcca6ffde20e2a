// Writes numbered lines while write(2) and send(2) are interrupted, write one byte or find no room, at random.
// SPDX-License-Identifier: MIT
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>

#include "ctxlog/sinks/fd.hpp"
#include "ctxlog/sinks/file.hpp"
#include "sinks.hpp"

namespace {

bool faulty = false;
int faults = 0;
std::minstd_rand random_numbers{4711};

// Nothing, or the errno of the fault that this call meets.
int fault(std::size_t& size) {
  if (!faulty || size == 0) return 0;
  switch (random_numbers() % 8) {
    case 0:
      ++faults;
      return EINTR;
    case 1:
      ++faults;
      return EAGAIN;
    case 2:
      ++faults;
      size = 1;
      return 0;
    case 3:
      ++faults;
      size = 1 + random_numbers() % size;
      return 0;
    default:
      return 0;
  }
}

}  // namespace

// A program's own definitions come before those of the C library, for its shared libraries too.
extern "C" ssize_t write(int descriptor, const void* bytes, std::size_t size) {
  if (const int reason = fault(size)) {
    errno = reason;
    return -1;
  }
  return ::syscall(SYS_write, descriptor, bytes, size);
}

extern "C" ssize_t send(int descriptor, const void* bytes, std::size_t size, int flags) {
  if (const int reason = fault(size)) {
    errno = reason;
    return -1;
  }
  return ::syscall(SYS_sendto, descriptor, bytes, size, flags, nullptr, 0);
}

// Usage: sinks_faults COUNT BUFFER_SIZE stdout|FILE [MAX_BYTES]
int main(int argc, char** argv) {
  using namespace sinks_test;
  if (argc < 4) return 2;
  const int count = std::atoi(argv[1]);
  const ctxlog::fd_options options{.block_timeout = std::chrono::minutes(1),
                                   .buffer_size = static_cast<std::size_t>(std::atoi(argv[2]))};
  const std::string target = argv[3];
  const std::uint64_t max_bytes = argc > 4 ? static_cast<std::uint64_t>(std::atoll(argv[4])) : 0;
  std::unique_ptr<ctxlog::sink> sink;
  if (target == "stdout")
    sink = std::make_unique<ctxlog::fd_sink>(STDOUT_FILENO, target, options);
  else
    sink = std::make_unique<ctxlog::file_sink>(target, options,
                                               ctxlog::file_options{.rotation = {.max_bytes = max_bytes}});

  faulty = true;
  for (int number = 0; number < count; ++number)
    require(!sink->write(made_record(at(std::chrono::microseconds(number))), numbered_line(0, number, 200)));
  require(!sink->flush());
  faulty = false;
  require(faults > 100);
}
