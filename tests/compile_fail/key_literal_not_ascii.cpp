// A key literal is ASCII; kv() takes any UTF-8.
// SPDX-License-Identifier: MIT
// expect: a field's key literal is non-empty ASCII
#include "ctxlog/ctxlog.hpp"

using namespace ctxlog::literals;

void log() {
#ifdef FIXED
  ctxlog::info("x", ctxlog::kv("größe", 1));
#else
  ctxlog::info("x", "größe"_kv = 1);
#endif
}
