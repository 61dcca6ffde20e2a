// Rate-limited reports on standard error, without locks and without the loggers.
// SPDX-License-Identifier: MIT
#include "diagnostics.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

#include "text/escape.hpp"

namespace ctxlog::detail {
namespace {

struct limiter {
  std::atomic<std::int64_t> next_second{0};
  std::atomic<std::uint64_t> left_out{0};
};

constinit std::array<limiter, static_cast<std::size_t>(trouble::after_shutdown) + 1> limiters{};

std::int64_t monotonic_second() noexcept {
  using namespace std::chrono;
  return duration_cast<seconds>(steady_clock::now().time_since_epoch()).count() + 1;
}

void write_line(std::string_view text, std::uint64_t left_out) noexcept {
  try {
    constexpr std::size_t max_text = 2048;
    text = text.substr(0, max_text);
    std::string line = "ctxlog: ";
    const std::size_t prefix = line.size();
    line.resize(prefix + escaped_capacity(text.size()));
    char* const end = write_terminal_escaped(line.data() + prefix, text, false);
    line.resize(static_cast<std::size_t>(end - line.data()));
    if (left_out != 0) line += fmt::format(" ({} more like this)", left_out);
    line += '\n';
    // Nobody is left to tell when standard error does not take it.
    [[maybe_unused]] const auto ignored = ::write(STDERR_FILENO, line.data(), line.size());
  } catch (...) {  // out of memory
  }
}

}  // namespace

void report(std::string_view text) noexcept { write_line(text, 0); }

void report_trouble(trouble kind, std::string_view text) noexcept {
  limiter& l = limiters[static_cast<std::size_t>(kind)];
  const std::int64_t now = monotonic_second();
  std::int64_t next = l.next_second.load(std::memory_order_relaxed);
  if (now < next || !l.next_second.compare_exchange_strong(next, now + 1, std::memory_order_relaxed)) {
    l.left_out.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  write_line(text, l.left_out.exchange(0, std::memory_order_relaxed));
}

}  // namespace ctxlog::detail
