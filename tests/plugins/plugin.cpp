// A plugin that reads and extends the context of its host through a variable the host passes in.
// SPDX-License-Identifier: MIT
#include "plugin.hpp"

#include "ctxlog/propagate.hpp"

namespace {

constinit ctxlog::context_var<std::string> plugin_own{"plugin_own"};

}  // namespace

void plugin_visit(const ctxlog::context_var<std::string>& request_id, visitor& next) {
  const auto own = plugin_own.bind("own of plugin");
  next.visit(request_id.get_or("nothing"));
  const auto bound = request_id.bind(request_id.get_or("nothing") + ", bound by plugin");
  ctxlog::thread([&] { next.visit(request_id.get_or("nothing")); }).join();
}
