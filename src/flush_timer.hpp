// Flushes sinks that keep lines back when nothing more is written to them.
// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

namespace ctxlog::detail {

struct sink_slot;

// To be called after a write, with the slot locked: a thread of the library sees to it that the sink is flushed
// when it is due (sink::flush_due()).
void watch_flush(sink_slot&) noexcept;

// Around fork(); the child has no such thread until a sink needs it.
void lock_flush_timer() noexcept;
void unlock_flush_timer() noexcept;
void forget_flush_timer() noexcept;

}  // namespace ctxlog::detail
