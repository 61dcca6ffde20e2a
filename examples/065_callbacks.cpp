// Callbacks, queues and futures: work that is made in one place and run in another.
// SPDX-License-Identifier: MIT
#include <ctxlog/ctxlog.hpp>
#include <functional>
#include <future>
#include <queue>
#include <string>
#include <thread>

namespace {

constinit ctxlog::context_var<std::string> request_id{"request_id"};

// Stands for a C library: it calls a function with the pointer it was given, from its own thread.
void c_library_call(void (*callback)(void*), void* user_data) { std::thread(callback, user_data).join(); }

void on_done(void* user_data) {
  const auto& snapshot = *static_cast<ctxlog::context*>(user_data);
  snapshot.run([] { ctxlog::info("a C callback runs in the snapshot it was given"); });
}

}  // namespace

int main() {
  ctxlog::configure({.patchers = {{ctxlog::context_variables(request_id)}}});
  std::queue<std::function<void()>> queue;
  std::future<void> deferred;
  std::packaged_task<void()> packaged;
  {
    const auto bound = request_id.bind("req-1");

    ctxlog::jthread([](std::stop_token) { ctxlog::info("a jthread, stop token and all"); }).join();
    queue.push(ctxlog::bind_context([] { ctxlog::info("a job that waited in a queue"); }));
    packaged = std::packaged_task<void()>(ctxlog::bind_context([] { ctxlog::info("a packaged task"); }));
    deferred =
        ctxlog::async(std::launch::deferred, [] { ctxlog::info("deferred work, though run by get()"); });

    ctxlog::context snapshot = ctxlog::context::current();
    c_library_call(on_done, &snapshot);
  }
  queue.front()();
  packaged();
  deferred.get();
  ctxlog::info("and nothing stayed behind");
}
