// The definitions of a program come before those of the C library, for its shared libraries too.
// SPDX-License-Identifier: MIT
#include "interposed.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

extern "C" int fdatasync(int descriptor) {
  sinks_test::syncs.fetch_add(1);
  if (const int reason = sinks_test::sync_failure.load()) {
    errno = reason;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_fdatasync, descriptor));
}

extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  sinks_test::clock_readings.fetch_add(1);
  return static_cast<int>(::syscall(SYS_clock_gettime, clock, time));
}
