// Thread ids and names, kept per thread in memory that needs no destructor.
// SPDX-License-Identifier: MIT
#include "thread_info.hpp"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>

#include "ctxlog/thread_name.hpp"

namespace ctxlog {
namespace detail {

constinit thread_local std::uint32_t thread_name_changes = 0;

namespace {

constexpr std::size_t max_name = 64;
constexpr std::size_t max_system_name = 16;  // pthread_setname_np(3), its NUL included

struct thread_words {
  thread_info info;
  std::uint32_t id_generation;  // 0: not asked yet
  bool name_known;
  char name[max_name];
};

constinit thread_local thread_words words __attribute__((tls_model("initial-exec"))) = {};
constinit std::atomic<std::uint32_t> generation{1};

void keep_name(std::string_view name) noexcept {
  const std::size_t size = std::min(name.size(), max_name - 1);
  std::copy_n(name.data(), size, words.name);
  words.info.name = {words.name, size};
  words.name_known = true;
}

// A thread that nobody named has the name of the program: that says nothing about the thread.
void ask_name() noexcept {
  char name[max_system_name] = "";
  if (::pthread_getname_np(::pthread_self(), name, sizeof name) != 0) name[0] = '\0';
  const std::string_view program = program_invocation_short_name;
  keep_name(program.substr(0, max_system_name - 1) == name ? std::string_view() : name);
}

}  // namespace

const thread_info& this_thread_info() noexcept {
  const std::uint32_t now = generation.load(std::memory_order_relaxed);
  if (words.id_generation != now) {
    words.info.id = static_cast<std::uint64_t>(::gettid());
    words.id_generation = now;
  }
  if (!words.name_known) ask_name();
  return words.info;
}

void forget_thread_ids() noexcept { generation.fetch_add(1, std::memory_order_relaxed); }

}  // namespace detail

void set_thread_name(std::string_view name) noexcept {
  detail::keep_name(name);
  ++detail::thread_name_changes;
  char system_name[detail::max_system_name] = "";
  std::copy_n(name.data(), std::min(name.size(), sizeof system_name - 1), system_name);
  ::pthread_setname_np(::pthread_self(), system_name);
}

}  // namespace ctxlog
