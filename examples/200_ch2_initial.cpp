// A request id in a global variable: one thread, five requests, and four of them end with another's id.
// SPDX-License-Identifier: MIT
#include <asio.hpp>
#include <chrono>
#include <ctxlog/ctxlog.hpp>
#include <random>
#include <string>

using namespace ctxlog::literals;

namespace {

std::string current_request_id;  // the mistake: every request writes it

asio::awaitable<void> process_database_query() {
  static std::mt19937 random{std::random_device{}()};
  const std::chrono::milliseconds time(std::uniform_int_distribution(100, 300)(random));
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(asio::use_awaitable);
  ctxlog::info("Executing DB query", "request_id"_kv = current_request_id);
}

asio::awaitable<void> handle_request(std::string id) {
  current_request_id = id;
  ctxlog::info("Started request", "request_id"_kv = current_request_id);
  co_await process_database_query();
  if (current_request_id == id)
    ctxlog::info("Finished request successfully", "request_id"_kv = current_request_id);
  else
    ctxlog::error("Finished request - CONTEXT MISMATCH", "expected_id"_kv = id,
                  "actual_global_id"_kv = current_request_id);
}

}  // namespace

int main() {
  ctxlog::configure({.mode = ctxlog::mode::prod, .format = ctxlog::format::loguru});
  ctxlog::info("Starting server simulation...");
  asio::io_context loop;
  for (int i = 0; i != 5; ++i)
    asio::co_spawn(loop, handle_request("req-" + std::to_string(i)), asio::detached);
  loop.run();
}
