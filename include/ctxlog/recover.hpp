// Records that a process accepted and did not live to deliver.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "ctxlog/encoder.hpp"
#include "ctxlog/export.hpp"

namespace ctxlog {

struct recovery {
  std::uint64_t records = 0;          // given to the function
  std::uint64_t already_written = 0;  // found in the log files of that process
  std::uint64_t damaged = 0;          // queues that end in bytes which are no record
  std::int64_t process = 0;           // id
  std::string program;                // path
};

/// Reads the queue file (see async_pipeline) of a process that has ended: calls `use` with each record that was
/// not delivered, in the order of their times, and with its line by `with`; both are valid during the call. A
/// record whose line stands in a log file of that process already is counted instead. When `use` has returned
/// for all of them the file is removed, unless `keep`. Throws std::system_error when the file cannot be read,
/// and std::runtime_error when it is no queue file or its process still runs; what `use` throws passes through,
/// and the file stays.
CTXLOG_API recovery recover(const std::string& path, const encoder& with,
                            const std::function<void(const record&, std::string_view line)>& use,
                            bool keep = false);

}  // namespace ctxlog
