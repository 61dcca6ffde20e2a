// bind() takes fields, not bare values.
// SPDX-License-Identifier: MIT
// expect: give fields: kv
#include "ctxlog/ctxlog.hpp"

ctxlog::logger bound() {
#ifdef FIXED
  return ctxlog::logger("x").bind(ctxlog::kv("k", 1));
#else
  return ctxlog::logger("x").bind(1);
#endif
}
