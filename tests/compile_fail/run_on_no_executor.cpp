// run_on() something that runs nothing.
// SPDX-License-Identifier: MIT
// expect: ctxlog: this is no executor
#include "ctxlog/task.hpp"

struct box {
#ifdef FIXED
  void post(std::function<void()> job) { job(); }
#endif
};

void call(box& given) {
  ctxlog::run_on(given, [] {});
}
