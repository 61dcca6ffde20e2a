// Per-thread working memory behind words that outlive every destructor of the thread.
// SPDX-License-Identifier: MIT
#include "scratch.hpp"

#include <utility>

namespace ctxlog::detail {

constinit thread_local activity activity_of_thread = activity::none;

namespace {

#define CTXLOG_THREAD_WORD constinit thread_local __attribute__((tls_model("initial-exec")))
CTXLOG_THREAD_WORD scratch* own = nullptr;
CTXLOG_THREAD_WORD bool in_use = false;
CTXLOG_THREAD_WORD bool reaped = false;
#undef CTXLOG_THREAD_WORD

// Frees the memory at the thread's exit; destructors that run later and log get memory of their own.
struct reaper {
  bool armed = false;
  ~reaper() {
    reaped = true;
    if (!in_use) delete std::exchange(own, nullptr);
  }
};
thread_local reaper thread_reaper;

}  // namespace

const settings* scratch::refresh() noexcept {
  const std::uint64_t latest = settings_generation();
  if (latest == 0 || latest != generation) {
    snapshot = current_settings();
    generation = latest;
  }
  return snapshot.get();
}

void scratch::recycle() noexcept {
  constexpr std::size_t usual = 256 * 1024;
  memory.release();
  message.clear();
  line.clear();
  if (message.capacity() > usual) message = fmt::memory_buffer();
  if (line.capacity() > usual) line = fmt::memory_buffer();
}

namespace {

scratch* make_scratch() noexcept {
  try {
    return new scratch;
  } catch (...) {  // out of memory
    return nullptr;
  }
}

}  // namespace

scratch* acquire_scratch() noexcept {
  if (!in_use && !reaped) {
    if (!own) {
      own = make_scratch();
      if (!own) return nullptr;
      thread_reaper.armed = true;
    }
    in_use = true;
    return own;
  }
  return make_scratch();
}

void release_scratch(scratch* s) noexcept {
  if (s != own) {
    delete s;
    return;
  }
  s->recycle();
  in_use = false;
}

activity_scope::activity_scope(activity a) noexcept : previous_(std::exchange(activity_of_thread, a)) {}
activity_scope::~activity_scope() { activity_of_thread = previous_; }

}  // namespace ctxlog::detail
