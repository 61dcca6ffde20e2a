// Carrying the context costs Asio no allocation.
// SPDX-License-Identifier: MIT
#include <cstddef>
#include <cstdlib>
#include <new>
#include <utility>

#include "support.hpp"

namespace {

thread_local std::size_t allocations = 0;

}  // namespace

// Inlined, g++ 12 takes the pairs of these for mismatched.
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size ? size : 1);
}
[[gnu::noinline]] void* operator new(std::size_t size) {
  if (void* const memory = operator new(size, std::nothrow)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace {

using asio_test::request_id;
using context_test::clean_context;
using ctxlog::asio::context_executor;

template <class Executor>
std::size_t allocations_of_posts(asio::io_context& loop, const Executor& executor) {
  const auto post_and_run = [&] {
    for (int i = 0; i != 100; ++i) {
      asio::post(executor, [] {});
      loop.poll();
      loop.restart();
    }
  };
  post_and_run();
  const std::size_t before = allocations;
  post_and_run();
  return allocations - before;
}

template <class Executor>
std::size_t allocations_of_awaits(asio::io_context& loop, const Executor& executor) {
  std::size_t counted = 0;
  const auto task = [&]() -> asio::awaitable<void> {
    const auto own = co_await asio::this_coro::executor;
    for (int i = 0; i != 100; ++i) co_await asio::post(own, asio::use_awaitable);
    const std::size_t before = allocations;
    for (int i = 0; i != 100; ++i) co_await asio::post(own, asio::use_awaitable);
    counted = allocations - before;
  };
  asio::co_spawn(executor, task, asio::detached);
  loop.run();
  loop.restart();
  return counted;
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
