// What is known of the calling thread without asking the kernel each time.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>

namespace ctxlog::detail {

struct thread_info {
  std::uint64_t id;
  std::string_view name;  // valid until the thread renames itself
};

const thread_info& this_thread_info() noexcept;

// How often the thread was renamed with set_thread_name().
extern constinit thread_local std::uint32_t thread_name_changes __attribute__((tls_model("initial-exec")));

// In the child of a fork: its only thread has a new id.
void forget_thread_ids() noexcept;

}  // namespace ctxlog::detail
