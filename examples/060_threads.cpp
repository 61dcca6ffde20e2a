// Threads: the context goes where the work goes, one line for each way.
// SPDX-License-Identifier: MIT
#include <asio/post.hpp>
#include <asio/thread_pool.hpp>
#include <ctxlog/ctxlog.hpp>
#include <functional>
#include <string>
#include <thread>

namespace {

constinit ctxlog::context_var<std::string> request_id{"request_id"};

// Stands for any pool that takes work and knows nothing of contexts.
struct pool {
  void submit(std::function<void()> job) { asio::post(threads, std::move(job)); }
  asio::thread_pool threads{1};
};

}  // namespace

int main() {
  ctxlog::configure({.patchers = {{ctxlog::context_variables(request_id)}}});
  std::function<void()> callback;
  {
    const auto bound = request_id.bind("req-1");

    std::thread([] { ctxlog::info("a plain thread knows nothing"); }).join();
    ctxlog::thread([] { ctxlog::info("a thread of ctxlog does"); }).join();
    ctxlog::async([] { ctxlog::info("so does async"); }).get();

    pool workers;
    ctxlog::context_pool carrying(workers);
    carrying.submit([] { ctxlog::info("any pool, seen through context_pool"); });
    workers.submit(ctxlog::bind_context([] { ctxlog::info("any callable, bound by hand"); }));
    workers.submit([] { ctxlog::info("nothing stays behind on a worker"); });
    workers.threads.join();

    callback = ctxlog::bind_context([] { ctxlog::info("a callback remembers where it was made"); });
    ctxlog::detach([] { ctxlog::info("what outlives the request leaves it"); });
  }
  const auto other = request_id.bind("req-2");
  callback();
  ctxlog::info("and gives the caller its own context back");
}
