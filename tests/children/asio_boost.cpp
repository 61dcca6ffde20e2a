// The executor, the token and strands on Boost.Asio: prints what they got wrong, or that it is absent.
// SPDX-License-Identifier: MIT
#include <cstdio>

#if __has_include(<boost/asio.hpp>)

#include <chrono>
#include <string>
#include <utility>

#ifdef __SANITIZE_THREAD__
#define BOOST_ASIO_DISABLE_FENCED_BLOCK  // ThreadSanitizer does not know fences; Asio's locks suffice
#endif

#include <boost/asio.hpp>

#define CTXLOG_USE_BOOST_ASIO
#include "ctxlog/asio.hpp"

namespace {

namespace net = boost::asio;
using ctxlog::asio::context_executor;
using ctxlog::asio::with_context;

constinit ctxlog::context_var<std::string> request_id{"request_id"};
int checks = 0;

void expect(const std::string& want, const char* where) {
  ++checks;
  const std::string seen = request_id.get_or("none");
  if (seen != want) std::printf("%s: %s instead of %s\n", where, seen.c_str(), want.c_str());
}

void start_callbacks(const context_executor<net::io_context::executor_type>& executor,
                     net::steady_timer& ours, net::steady_timer& plain) {
  const auto bound = request_id.bind("A");
  net::post(executor, [] { expect("A", "post"); });
  net::post(net::any_io_executor(executor), [] { expect("A", "any_io_executor"); });
  ours.async_wait([](boost::system::error_code) { expect("A", "timer"); });
  plain.async_wait(with_context([](boost::system::error_code) { expect("A", "token"); }));
  plain.async_wait(
      with_context(net::bind_executor(executor, [](boost::system::error_code) { expect("A", "both"); })));
}

void start_on_strand(const context_executor<net::io_context::executor_type>& executor) {
  const auto strand = net::make_strand(executor);
  for (const std::string own : {"B", "C", "D"}) {
    const auto bound = request_id.bind(own);
    net::post(strand, [own] { expect(own, "strand"); });
  }
}

#ifdef BOOST_ASIO_HAS_CO_AWAIT
net::awaitable<void> session(net::io_context& loop) {
  const auto bound = request_id.bind("E");
  net::steady_timer timer(loop, std::chrono::microseconds(10));
  co_await timer.async_wait(net::use_awaitable);
  expect("E", "after a timer");
  co_await net::post(co_await net::this_coro::executor, net::use_awaitable);
  expect("E", "after a post");
}
#endif

}  // namespace

int main() {
  net::io_context loop;
  const context_executor executor(loop.get_executor());
  net::steady_timer ours(executor, std::chrono::microseconds(10)), plain(loop, std::chrono::microseconds(10));
  start_callbacks(executor, ours, plain);
  start_on_strand(executor);
#ifdef BOOST_ASIO_HAS_CO_AWAIT
  net::co_spawn(executor, session(loop), net::detached);
#else
  checks += 2;
#endif
  while (loop.run_one()) expect("none", "between handlers"), --checks;
  std::printf("%d checks\n", checks);
}

#else

int main() { std::puts("Boost.Asio is absent"); }

#endif
