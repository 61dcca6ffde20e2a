// From a patched record to the sinks, on the thread that calls.
// SPDX-License-Identifier: MIT
#pragma once

#include "ctxlog/record.hpp"
#include "deadline.hpp"
#include "scratch.hpp"

namespace ctxlog::detail {

// What is left to write of lines that a sink may have got before.
class line_filter {
 public:
  virtual std::string_view missing(const sink_slot&, std::string_view line) noexcept = 0;

 protected:
  ~line_filter() = default;
};

// Filters, encodes once per encoder and writes. `line` is working memory.
void deliver(const settings&, const record&, fmt::memory_buffer& line,
             line_filter* written = nullptr) noexcept;

// With the sink's slot locked; false and a report when it keeps something back.
bool flush_or_report(sink&) noexcept;

// Flushes the present sinks; false when one keeps something back, or is busy until the deadline.
bool flush_sinks(deadline_clock::time_point deadline = deadline_clock::time_point::max()) noexcept;

// Flushes the sink and takes it out of the slot: when this returns no thread is inside it, unless one was until
// the deadline. Not to be called with the settings locked: a thread inside the sink may be waiting for them.
void retire(sink_slot&, deadline_clock::time_point deadline = deadline_clock::time_point::max()) noexcept;

// Delivers what is pending. From now on every record is delivered by its caller and flushed: nothing comes after
// that would.
void flush_at_exit() noexcept;
// A sink was waited for in vain: the exit does not wait for it once more.
void give_up_waiting() noexcept;

// A record that no sink is offered: it was made inside a sink, after shutdown() or without memory.
void count_undelivered() noexcept;
void count_patch_error() noexcept;

}  // namespace ctxlog::detail
