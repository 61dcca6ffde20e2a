// Per-thread working memory behind words that outlive every destructor of the thread.
// SPDX-License-Identifier: MIT
#include "scratch.hpp"

#include <utility>

namespace ctxlog::detail {

constinit thread_local activity activity_of_thread = activity::none;
constinit thread_local idle_memory idle_scratch = {};

namespace {

// Frees the memory at the thread's exit; destructors that run later and log get memory for each record.
struct reaper {
  bool armed = false;
  ~reaper() {
    idle_scratch.is_over = true;
    while (idle_scratch.first) destroy(std::exchange(idle_scratch.first, idle_scratch.first->next_idle));
  }
};
thread_local reaper thread_reaper;

}  // namespace

void scratch::read_settings(std::uint64_t latest) noexcept {
  snapshot = current_settings();
  generation = latest;
}

void scratch::shrink() noexcept {
  message = fmt::memory_buffer();
  line = fmt::memory_buffer();
}

scratch* make_scratch() noexcept {
  try {
    auto made = std::make_unique<scratch>();
    if (!idle_scratch.is_over) thread_reaper.armed = true;
    return made.release();
  } catch (...) {  // out of memory
    return nullptr;
  }
}

void destroy(scratch* s) noexcept { delete s; }

}  // namespace ctxlog::detail
