// A closing brace without its beginning.
// SPDX-License-Identifier: MIT
// expect: message_has_an_unmatched_brace
#include "ctxlog/ctxlog.hpp"

void log() {
#ifdef FIXED
  ctxlog::info("a }} b");
#else
  ctxlog::info("a } b");
#endif
}
