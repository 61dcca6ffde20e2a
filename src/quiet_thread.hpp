// Threads of the library: no signal of the application is handled on them.
// SPDX-License-Identifier: MIT
#pragma once

#include <pthread.h>

#include <csignal>
#include <thread>
#include <utility>

namespace ctxlog::detail {

// Starts a detached thread; `name` has at most 15 characters (pthread_setname_np(3)). Throws std::system_error.
template <class F>
void start_quiet_thread(const char* name, F run) {
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  struct restoring {
    const sigset_t& mask;
    ~restoring() { ::pthread_sigmask(SIG_SETMASK, &mask, nullptr); }
  } const restored{before};
  std::thread([name, run = std::move(run)] {
    ::pthread_setname_np(::pthread_self(), name);
    run();
  }).detach();
}

}  // namespace ctxlog::detail
