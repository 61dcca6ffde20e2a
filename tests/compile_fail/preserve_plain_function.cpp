// preserve() of a function that returns no coroutine.
// SPDX-License-Identifier: MIT
// expect: ctxlog::preserve: this function returns nothing that can be awaited
#include "ctxlog/task.hpp"

#ifdef FIXED
ctxlog::task<int> work() { co_return 1; }
#else
int work() { return 1; }
#endif

void call() { static_cast<void>(ctxlog::preserve(work)()); }
