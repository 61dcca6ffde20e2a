// Tasks: coroutines that keep their context by themselves, over awaits, threads and other tasks.
// SPDX-License-Identifier: MIT
#include <chrono>
#include <ctxlog/ctxlog.hpp>
#include <ctxlog/task.hpp>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <variant>

namespace {

using ctxlog::task;

constinit ctxlog::context_var<std::string> request_id{"request_id"};

int price_of(const std::string& item) {
  ctxlog::info("looking up {item} on a thread that may block", ctxlog::kv("item", item));
  return static_cast<int>(item.size());
}

task<int> checked_price(std::string item) {
  const int price = co_await ctxlog::to_thread(price_of, std::move(item));
  ctxlog::info("the price is known");  // on that other thread, in this context
  co_return price;
}

task<> send_receipt() {
  ctxlog::info("sent");
  throw std::runtime_error("the printer is out of paper");
  co_return;
}

task<int> handle_order(std::string id) {
  const auto bound = request_id.bind(std::move(id));
  const int tea = co_await checked_price("tea");
  const int coffee = co_await checked_price("coffee");

  // Nobody waits for this one. Its name is in all its records, and its failure does not go unseen.
  ctxlog::spawn(send_receipt(), "receipt-of-the-first-order");
  co_return tea + coffee;
}

task<> sets(std::string id) {
  request_id.set(std::move(id));
  co_return;
}

task<> wait_until_told(std::string who) {
  co_await ctxlog::to_thread([] {
    const auto stop = ctxlog::this_task::stop_token();
    while (!stop.stop_requested()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  });
  ctxlog::info("{who} was told to stop", ctxlog::kv("who", who));
}

task<std::string> answer(std::string text) { co_return text; }

}  // namespace

int main() {
  ctxlog::configure({.patchers = {{ctxlog::context_variables(request_id)}}});

  const int sum = ctxlog::sync_wait(handle_order("req-1"));
  ctxlog::info("the order costs {}", sum);

  // Side by side: what one sets, neither the other nor the one that waits will see.
  const auto bound = request_id.bind("req-2");
  ctxlog::sync_wait(ctxlog::when_all(sets("left"), sets("right")));
  ctxlog::info("after two tasks that set");

  // The first one wins, the others are told to stop and waited for.
  const auto first = ctxlog::sync_wait(ctxlog::when_any(wait_until_told("the loser"), answer("the winner")));
  ctxlog::info("{winner} had number {}", first.index, ctxlog::kv("winner", std::get<1>(first.value)));
}
