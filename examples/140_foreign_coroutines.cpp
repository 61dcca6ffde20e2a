// Coroutines of other libraries: what is lost, and three ways to keep it.
// SPDX-License-Identifier: MIT
#include <coroutine>
#include <ctxlog/coroutines/aware_promise.hpp>
#include <ctxlog/ctxlog.hpp>
#include <ctxlog/task.hpp>
#include <deque>
#include <exception>
#include <string>
#include <utility>

// Stands for any library: an event loop and a coroutine type that know nothing of contexts.
namespace library {

class event_loop {
 public:
  auto next_turn() {
    struct awaiter {
      bool await_ready() const noexcept { return false; }
      void await_suspend(std::coroutine_handle<> waiting) { loop->waiting_.push_back(waiting); }
      void await_resume() const noexcept {}
      event_loop* loop;
    };
    return awaiter{this};
  }
  void run() {
    while (!waiting_.empty()) {
      const auto next = waiting_.front();
      waiting_.pop_front();
      next.resume();
    }
  }

 private:
  std::deque<std::coroutine_handle<>> waiting_;
};

struct handler {
  struct promise_type {
    handler get_return_object() noexcept { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() { std::terminate(); }
  };
};

}  // namespace library

// The third way: handlers with a parameter ctxlog::aware_t have a promise that keeps the context.
template <class... Args>
struct std::coroutine_traits<library::handler, ctxlog::aware_t, Args...>
    : ctxlog::aware_traits<library::handler> {};

namespace {

using library::event_loop;
using library::handler;

constinit ctxlog::context_var<std::string> request_id{"request_id"};

handler plain(event_loop& loop) {
  ctxlog::info("a plain coroutine begins in its starter's context");
  co_await loop.next_turn();
  ctxlog::info("and loses it at its first await");
}

handler preserving(event_loop& loop) {
  co_await ctxlog::preserve(loop.next_turn());
  ctxlog::info("preserve() keeps it over one await");
}

handler scoped(event_loop& loop, std::string id) {
  ctxlog::coroutine_scope scope;  // the first statement
  const auto bound = request_id.bind(std::move(id));
  co_await scope(loop.next_turn());
  ctxlog::info("a coroutine_scope lets the coroutine bind values of its own");
}

handler aware(ctxlog::aware_t, event_loop& loop, std::string id) {
  const auto bound = request_id.bind(std::move(id));
  co_await loop.next_turn();
  ctxlog::info("an aware_promise needs nothing in the coroutine");
}

// Called now, run later: the context is that of the call.
ctxlog::task<> report() {
  ctxlog::info("a preserved function remembers where it was called");
  co_return;
}

}  // namespace

int main() {
  ctxlog::configure({.patchers = {{ctxlog::context_variables(request_id)}}});
  event_loop loop;
  const auto later = [&] {
    const auto bound = request_id.bind("req-1");
    plain(loop);
    preserving(loop);
    scoped(loop, "req-2");
    aware(ctxlog::aware, loop, "req-3");
    ctxlog::info("the starter keeps its own");
    return ctxlog::preserve(report)();
  };
  auto reporting = later();
  loop.run();
  const auto other = request_id.bind("other");
  ctxlog::sync_wait(std::move(reporting));
  ctxlog::info("and nothing was left on the loop's thread");
}
