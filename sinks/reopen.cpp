// Has the log files of the process opened anew, as programs that rotate logs ask for with a signal.
// SPDX-License-Identifier: MIT
#include "ctxlog/sinks/reopen.hpp"

#include <cerrno>
#include <csignal>
#include <string>
#include <system_error>

#include "reopen_requests.hpp"

namespace ctxlog {
namespace detail {

constinit std::atomic<unsigned> reopen_requests{0};

}  // namespace detail

void request_reopen() noexcept { detail::reopen_requests.fetch_add(1, std::memory_order_relaxed); }

void reopen_on(int signal) {
  struct sigaction action {};
  action.sa_handler = [](int) { request_reopen(); };
  action.sa_flags = SA_RESTART;
  if (::sigaction(signal, &action, nullptr) == -1)
    throw std::system_error(errno, std::generic_category(),
                            "cannot reopen log files on signal " + std::to_string(signal) +
                                ": expected one that can be handled, e.g. SIGHUP");
}

}  // namespace ctxlog
