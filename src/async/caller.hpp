// The asynchronous pipeline as the logging thread sees it.
// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "ctxlog/deferred.hpp"
#include "ctxlog/record.hpp"
#include "scratch.hpp"

namespace ctxlog::detail {

// For log calls: false while no pipeline is asynchronous.
void set_deferring(bool) noexcept;

// A call with its values, for the queue of this thread; the record is made behind. False: it is to be made now.
bool defer_values(scratch&, const logger&, level, const call_site&, std::span<const argument>,
                  std::span<const field>) noexcept;
// The same with a record that is complete.
bool defer_record(scratch&, const record&, const call_site&) noexcept;

// Before a record is delivered on the spot: what the thread has in a queue comes first.
void deliver_queued_first() noexcept;

// This thread empties queues: it has none of its own.
void enter_engine_thread() noexcept;
bool is_engine_thread() noexcept;

// In the child of a fork.
void leave_queue_behind() noexcept;

}  // namespace ctxlog::detail
