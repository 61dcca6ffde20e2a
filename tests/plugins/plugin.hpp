// What host and plugins agree on.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "ctxlog/context.hpp"

class visitor {
 public:
  virtual void visit(const std::string& seen) = 0;

 protected:
  ~visitor() = default;
};

/// Reports what it sees of `request_id`, binds it anew, and reports what a thread of the plugin sees.
extern "C" __attribute__((visibility("default"))) void plugin_visit(
    const ctxlog::context_var<std::string>& request_id, visitor& next);
