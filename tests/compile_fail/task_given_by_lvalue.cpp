// A task kept in a variable and given to when_all() without std::move().
// SPDX-License-Identifier: MIT
// expect: ctxlog: a task is given away here: use std::move\(\)
#include "ctxlog/task.hpp"

ctxlog::task<int> work() { co_return 1; }

void call() {
  auto kept = work();
#ifdef FIXED
  static_cast<void>(ctxlog::when_all(std::move(kept)));
#else
  static_cast<void>(ctxlog::when_all(kept));
#endif
}
