// A key literal has at least one character.
// SPDX-License-Identifier: MIT
// expect: a field's key literal is non-empty ASCII
#include "ctxlog/ctxlog.hpp"

using namespace ctxlog::literals;

void log() {
#ifdef FIXED
  ctxlog::info("x", "k"_kv = 1);
#else
  ctxlog::info("x", ""_kv = 1);
#endif
}
