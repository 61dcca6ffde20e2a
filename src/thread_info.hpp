// What is known of the calling thread without asking the kernel each time.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>

namespace ctxlog::detail {

struct thread_info {
  std::uint64_t id;       // 0: not asked yet
  std::string_view name;  // valid until the thread renames itself
};

extern constinit thread_local thread_info info_of_thread __attribute__((tls_model("initial-exec")));

void ask_thread_info() noexcept;
inline const thread_info& this_thread_info() noexcept {
  if (info_of_thread.id == 0) [[unlikely]]
    ask_thread_info();
  return info_of_thread;
}

// How often the thread was renamed with set_thread_name().
extern constinit thread_local std::uint32_t thread_name_changes __attribute__((tls_model("initial-exec")));

// In the child of a fork: its only thread has a new id.
void forget_thread_id() noexcept;

}  // namespace ctxlog::detail
