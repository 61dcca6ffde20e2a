// Tells a child of fork() from its parent.
// SPDX-License-Identifier: MIT
#include "fork_count.hpp"

#include <pthread.h>

namespace ctxlog::detail {

constinit std::atomic<unsigned> forks_counted{0};

void count_forks() noexcept {
  static const int registered = pthread_atfork(nullptr, nullptr, [] { forks_counted.fetch_add(1); });
  static_cast<void>(registered);
}

}  // namespace ctxlog::detail
