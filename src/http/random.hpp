// The random bits that ids are made of.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace ctxlog::http::detail {

// From a generator of the thread's own; the child of a fork() gets other bits than its parent. Fit for ids,
// not for secrets. Throws std::system_error when the kernel gives no seed.
std::uint64_t random_bits();

}  // namespace ctxlog::http::detail
