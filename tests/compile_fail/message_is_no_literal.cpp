// A message known at run time has no holes, unless it is wrapped in runtime().
// SPDX-License-Identifier: MIT
// expect: a message that is no literal has no holes to fill; use ctxlog::runtime
#include <string>

#include "ctxlog/ctxlog.hpp"

void log(const std::string& text) {
#ifdef FIXED
  ctxlog::info(ctxlog::runtime(text), 1);
#else
  ctxlog::info(text, 1);
#endif
}
