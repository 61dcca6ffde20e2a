// What the quill peers share: the back end as its own benchmarks run it, the queue, the clean end.
// SPDX-License-Identifier: MIT
#pragma once

#include <quill/Backend.h>
#include <quill/Frontend.h>
#include <quill/LogMacros.h>
#include <quill/Logger.h>
#include <quill/sinks/JsonSink.h>

#include <utility>

#include "driver.hpp"

namespace bench {

/// A queue that cannot grow: producers wait when it is full.
struct bounded_queue : quill::FrontendOptions {
  static constexpr quill::QueueType queue_type = quill::QueueType::BoundedBlocking;
  static constexpr std::size_t initial_queue_capacity = 1024 * 1024;
};

/// The back end polls without sleeping, as quill's benchmarks have it, and leaves UTF-8 as it is. Context
/// values become `,"key":"value"`: of the pattern's end one character closes the last one.
inline void start_quill() {
  quill::BackendOptions backend;
  backend.sleep_duration = std::chrono::nanoseconds{0};
  backend.check_printable_char = {};
  backend.mdc_format_pattern = R"(,"{}":"{}","")";
  quill::Backend::start(backend);
}

template <class Frontend, class Sink>
auto* make_quill_logger(const options& o, const char* pattern) {
  quill::FileSinkConfig file;
  file.set_open_mode('w');
  quill::PatternFormatterOptions formatter{pattern, "%H:%M:%S", quill::Timezone::GmtTime};
  formatter.pattern_suffix = quill::PatternFormatterOptions::NO_SUFFIX;
  formatter.add_metadata_to_multi_line_logs =
      false;  // else a message becomes as many records as it has lines
  Frontend::preallocate();
  return Frontend::create_or_get_logger(
      "orders", Frontend::template create_or_get_sink<Sink>(o.output, file, quill::FileEventNotifier{}),
      formatter);
}

}  // namespace bench
