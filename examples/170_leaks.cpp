// Leaks: a probe that tells what earlier work left on a thread.
// SPDX-License-Identifier: MIT
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <ctxlog/ctxlog.hpp>
#include <ctxlog/debug.hpp>
#include <string>

namespace {

constinit ctxlog::context_var<std::string> request_id{"request_id"};

}  // namespace

int main() {
  ctxlog::configure({.patchers = {{ctxlog::context_variables(request_id)}}});
  ctxlog::set_leak_handler([](const ctxlog::context& left) noexcept {
    ctxlog::detach([&] {
      ctxlog::warn("earlier work left {variables} bound",
                   ctxlog::kv("variables", ctxlog::bound_variables(left)));
    });
  });

  asio::io_context loop;
  asio::post(loop, ctxlog::leak_probe());
  asio::post(loop, [] { request_id.set("req-1"); });  // never reset: the next handler is in req-1
  asio::post(loop, [] { ctxlog::info("somebody else's handler"); });
  asio::post(loop, ctxlog::leak_probe());
  loop.run();
  ctxlog::info("{leaks} leak was found", ctxlog::kv("leaks", ctxlog::leak_count()));
}
