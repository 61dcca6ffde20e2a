// A specification that does not fit the field of its hole; for clang before 17 see bad_specification.cpp.
// SPDX-License-Identifier: MIT
// expect: ctxlog::message<|static assertion failed|static_assert failed|call to consteval function
#include "ctxlog/ctxlog.hpp"

using namespace ctxlog::literals;

void log() {
#ifdef FIXED
  ctxlog::info("{name:>5}", "name"_kv = "text");
#elif defined(__clang__) && __clang_major__ < 17
  static_assert(__clang_major__ >= 17, "checked at run time by this compiler");
#else
  ctxlog::info("{name:.1f}", "name"_kv = "text");
#endif
}
