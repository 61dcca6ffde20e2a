// The synchronous pipeline: from a patched record to the sinks, on the calling thread.
// SPDX-License-Identifier: MIT
#pragma once

#include "ctxlog/record.hpp"
#include "scratch.hpp"

namespace ctxlog::detail {

// Filters, encodes once per encoder and writes. `line` is working memory.
void deliver(const settings&, const record&, fmt::memory_buffer& line) noexcept;

// Flushes the sink and takes it out of the slot: when this returns no thread is inside it. Not to be called
// with the settings locked: a thread inside the sink may be waiting for them.
void retire(sink_slot&) noexcept;

// From now on every record is flushed: nothing comes after that would.
void flush_at_exit() noexcept;

// A record that no sink is offered: it was made inside a sink, after shutdown() or without memory.
void count_undelivered() noexcept;
void count_patch_error() noexcept;

}  // namespace ctxlog::detail
