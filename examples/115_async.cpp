// The asynchronous pipeline: the caller copies values, a thread of the library makes and writes the record.
// SPDX-License-Identifier: MIT
#include <ctxlog/ctxlog.hpp>
#include <ctxlog/sinks/fd.hpp>
#include <string>

using namespace ctxlog::literals;

constinit ctxlog::context_var<std::string> request_id{"request_id"};

int main() {
  ctxlog::configure(
      {.patchers = {{ctxlog::context_variables(request_id)}},
       .sinks = {{{ctxlog::stdout_sink(), {.encoder = ctxlog::pattern_encoder("{message} {extra}")}}}}});
  ctxlog::configure({.pipeline = ctxlog::async_pipeline{.when_full = ctxlog::overflow::drop_below}});

  {
    const auto bound = request_id.bind("req-1");
    ctxlog::info("order {} took {:.1f} ms", 42, 3.14159, "gift"_kv = false);
  }
  ctxlog::info("no request here");
  ctxlog::flush();

  // Nothing is lost silently: accepted == delivered + dropped + pending.
  const auto account = ctxlog::stats().pipeline;
  ctxlog::info("account", "accepted"_kv = account.accepted, "delivered"_kv = account.delivered,
               "dropped"_kv = account.dropped, "pending"_kv = account.pending);
}
