// The same server with the request id in the context: right on every line, also in the pool's threads.
// SPDX-License-Identifier: MIT
#include <asio.hpp>
#include <chrono>
#include <cstdlib>
#include <ctxlog/asio.hpp>
#include <ctxlog/ctxlog.hpp>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using namespace ctxlog::literals;

namespace {

constinit ctxlog::context_var<std::string> request_id{"request_id"};

// Threads pool_0, pool_1, ... that run what is posted to the executor.
class worker_pool {
 public:
  explicit worker_pool(int size) {
    for (int i = 0; i != size; ++i) threads_.emplace_back([this, i] { work("pool_" + std::to_string(i)); });
  }
  ~worker_pool() { unfinished_.reset(); }

  auto executor() { return ctxlog::asio::context_executor(jobs_.get_executor()); }

 private:
  void work(const std::string& name) {
    ctxlog::set_thread_name(name);
    jobs_.run();
  }

  asio::io_context jobs_;
  asio::executor_work_guard<asio::io_context::executor_type> unfinished_ = asio::make_work_guard(jobs_);
  std::vector<std::jthread> threads_;
};

void blocking_image_processing() {
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  ctxlog::info("Processing image in thread", "thread_context_id"_kv = request_id.get_or("none"));
}

// Runs a function that blocks on the pool, in this task's context, and waits for it without blocking.
asio::awaitable<void> run_in_thread(worker_pool& pool, void (*function)()) {
  const auto job = [function]() -> asio::awaitable<void> {
    function();
    co_return;
  };
  co_await asio::co_spawn(pool.executor(), job, asio::use_awaitable);
}

asio::awaitable<void> process_database_query() {
  static std::mt19937 random{std::random_device{}()};
  const std::chrono::milliseconds time(std::uniform_int_distribution(100, 300)(random));
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(asio::use_awaitable);
  ctxlog::info("Executing DB query");
}

asio::awaitable<void> handle_request(std::string id, worker_pool& pool) {
  const auto bound = request_id.bind(id);
  ctxlog::info("Started request");
  co_await process_database_query();
  co_await run_in_thread(pool, blocking_image_processing);
  ctxlog::info("Finished request successfully");
}

void configure_logging() {
  ctxlog::load_dotenv();
  ctxlog::configure({.patchers = {{ctxlog::context_variables(request_id)}}});
  const char* const environment = std::getenv("ENV");
  if (environment && std::string_view(environment) == "PROD")
    ctxlog::configure({.format = ctxlog::format::loguru});
}

}  // namespace

int main() {
  configure_logging();
  ctxlog::info("Starting server simulation with context variables...");
  worker_pool pool(5);
  asio::io_context loop;
  const ctxlog::asio::context_executor executor(loop.get_executor());
  for (int i = 0; i != 5; ++i)
    asio::co_spawn(executor, handle_request("req-" + std::to_string(i), pool), asio::detached);
  loop.run();
}
