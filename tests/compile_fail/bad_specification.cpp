// A specification that does not fit its argument.
// SPDX-License-Identifier: MIT
//
// clang before 17 does not evaluate fmt's check inside ours: there it is a format_error when the message is logged,
// and this file fails by an assertion of its own.
// expect: ctxlog::message<|static assertion failed|static_assert failed|call to consteval function
#include "ctxlog/ctxlog.hpp"

void log() {
#ifdef FIXED
  ctxlog::info("{:d}", 1);
#elif defined(__clang__) && __clang_major__ < 17
  static_assert(__clang_major__ >= 17, "checked at run time by this compiler");
#else
  ctxlog::info("{:d}", "text");
#endif
}
