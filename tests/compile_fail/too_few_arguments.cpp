// More holes than arguments; fields do not fill positional holes.
// SPDX-License-Identifier: MIT
// expect: message_has_more_holes_than_arguments
#include "ctxlog/ctxlog.hpp"

void log() {
#ifdef FIXED
  ctxlog::info("{} of {}", 1, 2, ctxlog::kv("n", 2));
#else
  ctxlog::info("{} of {}", 1, ctxlog::kv("n", 2));
#endif
}
