// A plugin that uses the context in a host that does not know ctxlog.
// SPDX-License-Identifier: MIT
#include <cstdio>
#include <string>

#include "ctxlog/propagate.hpp"

extern "C" __attribute__((visibility("default"))) void plugin_run_alone() {
  static constinit ctxlog::context_var<std::string> request_id{"request_id"};
  const auto bound = request_id.bind("bound by plugin");
  ctxlog::thread([] { std::printf("thread sees %s\n", request_id.get().c_str()); }).join();
}
