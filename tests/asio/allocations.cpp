// Carrying the context costs Asio no allocation.
// SPDX-License-Identifier: MIT
#include <cstddef>
#include <cstdint>
#include <utility>

#include "allocations.hpp"
#include "support.hpp"

namespace {

using asio_test::request_id;
using context_test::clean_context;
using ctxlog::asio::context_executor;

template <class Executor>
std::uint64_t allocations_of_posts(asio::io_context& loop, const Executor& executor) {
  const auto post_and_run = [&] {
    for (int i = 0; i != 100; ++i) {
      asio::post(executor, [] {});
      loop.poll();
      loop.restart();
    }
  };
  post_and_run();
  const std::uint64_t before = counted::allocations;
  post_and_run();
  return counted::allocations - before;
}

template <class Executor>
std::uint64_t allocations_of_awaits(asio::io_context& loop, const Executor& executor) {
  std::uint64_t made = 0;
  const auto task = [&]() -> asio::awaitable<void> {
    const auto own = co_await asio::this_coro::executor;
    for (int i = 0; i != 100; ++i) co_await asio::post(own, asio::use_awaitable);
    const std::uint64_t before = counted::allocations;
    for (int i = 0; i != 100; ++i) co_await asio::post(own, asio::use_awaitable);
    made = counted::allocations - before;
  };
  asio::co_spawn(executor, task, asio::detached);
  loop.run();
  loop.restart();
  return made;
}

TEST_CASE_METHOD(clean_context, "the executor adds no allocation to a post or an await", "[ctx-52]") {
  asio::io_context loop;
  const auto bound = request_id.bind("A");
  const auto plain = loop.get_executor();
  const context_executor carrying(plain);
  CHECK(allocations_of_posts(loop, carrying) == allocations_of_posts(loop, plain));
  CHECK(allocations_of_awaits(loop, carrying) == allocations_of_awaits(loop, plain));
}

}  // namespace
