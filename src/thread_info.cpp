// Thread ids and names, kept per thread in memory that needs no destructor.
// SPDX-License-Identifier: MIT
#include "thread_info.hpp"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "ctxlog/thread_name.hpp"

namespace ctxlog {
namespace detail {

constinit thread_local thread_info info_of_thread = {};
constinit thread_local std::uint32_t thread_name_changes = 0;

namespace {

constexpr std::size_t max_name = 64;
constexpr std::size_t max_system_name = 16;  // pthread_setname_np(3), its NUL included

struct kept_name {
  bool is_known;
  char text[max_name];
};
constinit thread_local kept_name name_of_thread __attribute__((tls_model("initial-exec"))) = {};

void keep_name(std::string_view name) noexcept {
  const std::size_t size = std::min(name.size(), max_name - 1);
  std::copy_n(name.data(), size, name_of_thread.text);
  info_of_thread.name = {name_of_thread.text, size};
  name_of_thread.is_known = true;
}

// A thread that nobody named has the name of the program: that says nothing about the thread.
void ask_name() noexcept {
  char name[max_system_name] = "";
  if (::pthread_getname_np(::pthread_self(), name, sizeof name) != 0) name[0] = '\0';
  const std::string_view program = program_invocation_short_name;
  keep_name(program.substr(0, max_system_name - 1) == name ? std::string_view() : name);
}

}  // namespace

void ask_thread_info() noexcept {
  info_of_thread.id = static_cast<std::uint64_t>(::gettid());
  if (!name_of_thread.is_known) ask_name();
}

void forget_thread_id() noexcept { info_of_thread.id = 0; }

}  // namespace detail

void set_thread_name(std::string_view name) noexcept {
  detail::keep_name(name);
  ++detail::thread_name_changes;
  char system_name[detail::max_system_name] = "";
  std::copy_n(name.data(), std::min(name.size(), sizeof system_name - 1), system_name);
  ::pthread_setname_np(::pthread_self(), system_name);
}

}  // namespace ctxlog
