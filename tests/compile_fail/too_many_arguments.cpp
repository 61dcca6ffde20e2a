// An argument that no hole shows would be lost without a word.
// SPDX-License-Identifier: MIT
// expect: message_has_fewer_holes_than_arguments
#include "ctxlog/ctxlog.hpp"

void log() {
#ifdef FIXED
  ctxlog::info("{} of {}", 1, 2);
#else
  ctxlog::info("{} of", 1, 2);
#endif
}
