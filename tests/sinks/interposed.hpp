// Calls of the C library that this test program counts and lets fail, for the library under test too.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>

namespace sinks_test {

inline std::atomic<int> syncs{0};
inline std::atomic<int> sync_failure{0};  // the errno of every fdatasync(), 0: they work
inline std::atomic<int> clock_readings{0};

}  // namespace sinks_test
