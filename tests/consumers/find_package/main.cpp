// A user's program: one line that carries the request id of its context.
// SPDX-License-Identifier: MIT
#include <ctxlog/ctxlog.hpp>
#include <string>

constinit ctxlog::context_var<std::string> request_id("request_id");

int main() {
  ctxlog::configure({.patchers = {{ctxlog::context_variables(request_id)}}});
  const auto scope = request_id.bind("r-1");
  ctxlog::info("order {} placed", 17);
}
