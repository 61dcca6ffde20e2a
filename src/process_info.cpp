// The process id without a system call for each record.
// SPDX-License-Identifier: MIT
#include "process_info.hpp"

#include <unistd.h>

#include <atomic>

namespace ctxlog::detail {
namespace {

constinit std::atomic<std::int64_t> own_process{0};

}  // namespace

std::int64_t process_id() noexcept {
  std::int64_t id = own_process.load(std::memory_order_relaxed);
  if (id == 0) {
    id = ::getpid();
    own_process.store(id, std::memory_order_relaxed);
  }
  return id;
}

void forget_process_id() noexcept { own_process.store(0, std::memory_order_relaxed); }

}  // namespace ctxlog::detail
