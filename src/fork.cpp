// fork() while other threads log: the child must find every lock free and no line half written.
// SPDX-License-Identifier: MIT
#include "fork.hpp"

#include <pthread.h>

#include "async/engine.hpp"
#include "flush_timer.hpp"
#include "logger_registry.hpp"
#include "process_info.hpp"
#include "scratch.hpp"
#include "settings.hpp"
#include "thread_info.hpp"

namespace ctxlog::detail {
namespace {

// The sinks locked for the fork under way; the settings' lock guards it.
std::shared_ptr<const settings>& held() {
  static auto& instance = *new std::shared_ptr<const settings>;
  return instance;
}

void before() noexcept {
  auto present = current_settings();
  lock_settings();
  lock_loggers();
  lock_engines();
  lock_flush_timer();
  // A fork from inside a sink finds that sink locked by its own thread: the sinks stay as they are.
  if (!present || current_activity() == activity::writing) return;
  for (const auto& slot : present->sinks) slot->mutex.lock();
  held() = std::move(present);
}

void after() noexcept {
  if (const auto locked = std::exchange(held(), nullptr))
    for (const auto& slot : locked->sinks) slot->mutex.unlock();
  unlock_flush_timer();
  unlock_engines();
  unlock_loggers();
  unlock_settings();
}

void in_child() noexcept {
  forget_process_id();
  forget_thread_id();
  lose_engines();
  forget_settings();
  if (held())
    for (const auto& slot : held()->sinks) slot->is_watched = false;
  forget_flush_timer();
  after();
}

}  // namespace

void register_fork_handlers() noexcept { ::pthread_atfork(before, after, in_child); }

}  // namespace ctxlog::detail
