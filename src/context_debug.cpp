// Finding contexts that leak.
// SPDX-License-Identifier: MIT
#include "context_debug.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "ctxlog/debug.hpp"

namespace ctxlog {
namespace detail {
namespace {

constinit std::atomic<leak_handler> current_leak_handler{nullptr};
constinit std::atomic<std::uint64_t> leaks{0};

// One write, so that lines of several threads do not mix; there is nobody to tell when it fails.
template <class... Args>
void print(const char* format, Args... args) noexcept {
  char line[512];
  const int size = std::snprintf(line, sizeof line, format, args...);
  if (size < 0) return;
  const auto length = std::min(static_cast<std::size_t>(size), sizeof line - 1);
  line[length - 1] = '\n';
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line, length);
}

const char* text_of(mismatch_kind kind) noexcept {
  switch (kind) {
    case mismatch_kind::scope_end:
      return "its scope ended in a context that does not stem from it, and it stays bound where it was";
    case mismatch_kind::token_reset:
      return "its token was reset in a context that does not stem from its set()";
    case mismatch_kind::guard_end:
      return "a guard was destroyed on another thread or fiber";
    case mismatch_kind::lost_context:
      return "a coroutine_scope is not in its own context, as after an await that was not wrapped in it";
    case mismatch_kind::out_of_memory:
      return "there was no memory to undo it out of order, and it stays bound";
  }
  return "unknown";
}

bool binds_anything(const node* owner) noexcept {
  return owner &&
         std::any_of(owner->cells(), owner->cells() + owner->size, [](const cell* held) { return held; });
}

std::string listed(const std::vector<std::string_view>& names) {
  std::string text;
  for (const std::string_view name : names) text.append(text.empty() ? "" : ", ").append(name);
  return text;
}

}  // namespace

bool debugging() noexcept {
  static const bool set = [] {
    const char* const value = std::getenv("CTXLOG_DEBUG");
    return value && *value && std::string_view(value) != "0";
  }();
  return set;
}

void print_mismatch(const mismatch_info& mismatch) noexcept {
  if (!*mismatch.name)
    print("ctxlog: context: %s\n", text_of(mismatch.kind));
  else
    print("ctxlog: context variable '%s': %s\n", mismatch.name, text_of(mismatch.kind));
}

}  // namespace detail

std::vector<std::string_view> bound_variables(const context& snapshot) {
  std::vector<std::string_view> names;
  const detail::node* const node = snapshot.node();
  for (std::uint32_t id = 0; node && id != node->size; ++id)
    if (detail::slot(node, id)) names.emplace_back(detail::variable_name(id));
  return names;
}

std::int64_t live_contexts() noexcept { return detail::live_nodes(); }

leak_handler set_leak_handler(leak_handler handler) noexcept {
  return detail::current_leak_handler.exchange(handler, std::memory_order_acq_rel);
}

std::uint64_t leak_count() noexcept { return detail::leaks.load(std::memory_order_relaxed); }

void leak_probe::operator()() const noexcept {
  const context left = context::current();
  if (!detail::binds_anything(left.node())) return;
  detail::leaks.fetch_add(1, std::memory_order_relaxed);
  if (const leak_handler handler = detail::current_leak_handler.load(std::memory_order_acquire))
    handler(left);
  if (!detail::debugging()) return;
  try {
    detail::print("ctxlog: thread %d has no work at hand but still has bound: %s\n", ::gettid(),
                  detail::listed(bound_variables(left)).c_str());
  } catch (...) {
    detail::print("ctxlog: thread %d has no work at hand but still has a context\n", ::gettid());
  }
}

}  // namespace ctxlog
