// Coroutines: on a context_executor each task keeps its own context over every co_await.
// SPDX-License-Identifier: MIT
#include <asio.hpp>
#include <chrono>
#include <ctxlog/asio.hpp>
#include <ctxlog/ctxlog.hpp>
#include <string>

namespace {

using asio::awaitable;

constinit ctxlog::context_var<std::string> request_id{"request_id"};

awaitable<void> pause(std::chrono::milliseconds time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(asio::use_awaitable);
}

awaitable<void> handle_request(std::string id, std::chrono::milliseconds time) {
  const auto bound = request_id.bind(id);
  ctxlog::info("started");
  co_await pause(time);  // the other requests run meanwhile, on this same thread
  ctxlog::info("finished");
}

// An awaited coroutine is a call: what it binds ends with it, what it merely sets its caller sees.
awaitable<void> bind_another() {
  const auto bound = request_id.bind("bound in the callee");
  co_await pause(std::chrono::milliseconds(0));
}
awaitable<void> set_another() {
  request_id.set("set in the callee");
  co_await pause(std::chrono::milliseconds(0));
}

awaitable<void> compare() {
  const auto bound = request_id.bind("caller");
  const auto executor = co_await asio::this_coro::executor;

  co_await bind_another();
  ctxlog::info("after a callee that binds");

  // A spawned coroutine is a task of its own: it begins with this context and changes only its copy.
  co_await asio::co_spawn(executor, set_another(), asio::use_awaitable);
  ctxlog::info("after a task that sets");

  co_await set_another();
  ctxlog::info("after a callee that sets");
}

}  // namespace

int main() {
  ctxlog::configure({.patchers = {{ctxlog::context_variables(request_id)}}});
  asio::io_context loop;
  const ctxlog::asio::context_executor executor(loop.get_executor());

  asio::co_spawn(executor, handle_request("req-1", std::chrono::milliseconds(40)), asio::detached);
  asio::co_spawn(executor, handle_request("req-2", std::chrono::milliseconds(0)), asio::detached);
  loop.run();

  asio::co_spawn(executor, compare(), asio::detached);
  loop.restart();
  loop.run();
  ctxlog::info("the loop's thread has no context");
}
