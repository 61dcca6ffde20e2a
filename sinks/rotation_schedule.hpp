// The moments at which a log file is put aside whatever its size.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

#include "ctxlog/sinks/rotation.hpp"

namespace ctxlog::detail {

using record_time = std::chrono::sys_time<std::chrono::nanoseconds>;

/// The first of these moments later than `time`; record_time::max() when the options name none.
record_time next_rotation(const rotation_options& options, record_time time);

}  // namespace ctxlog::detail
