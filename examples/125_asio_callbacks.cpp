// Asio without coroutines: timers, posted work and strands on a context_executor, and a token for any other executor.
// SPDX-License-Identifier: MIT
#include <asio.hpp>
#include <chrono>
#include <ctxlog/asio.hpp>
#include <ctxlog/ctxlog.hpp>
#include <string>

namespace {

constinit ctxlog::context_var<std::string> request_id{"request_id"};

}  // namespace

int main() {
  ctxlog::configure({.patchers = {{ctxlog::context_variables(request_id)}}});
  asio::io_context loop;
  const ctxlog::asio::context_executor executor(loop.get_executor());
  asio::steady_timer timer(executor, std::chrono::milliseconds(1));
  asio::steady_timer foreign(loop, std::chrono::milliseconds(20));
  asio::steady_timer plain(loop, std::chrono::milliseconds(40));
  {
    const auto bound = request_id.bind("req-1");
    asio::post(executor, [] { ctxlog::info("posted work"); });
    timer.async_wait([](auto) { ctxlog::info("a timer's handler, in the context that started the wait"); });
    foreign.async_wait(ctxlog::asio::with_context(
        [](auto) { ctxlog::info("with_context: for objects on an executor that is not ours"); }));
    plain.async_wait([](auto) { ctxlog::info("a plain executor carries nothing"); });
  }
  loop.run();
}
