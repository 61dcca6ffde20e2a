// What the shop is as a service on any framework: answers, a pool, the routes that test themselves, start and end.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <charconv>
#include <condition_variable>
#include <cstdio>
#include <ctxlog/http/exchange.hpp>
#include <ctxlog/http/options.hpp>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "shop.hpp"

namespace shop {

/// Health checks are of no interest while they go well.
inline ctxlog::http::options http_options() {
  ctxlog::http::options chosen;
  chosen.access.skip = [](const ctxlog::http::access_view& seen) { return seen.path == "/health"; };
  return chosen;
}

struct answer {
  int status = 200;
  std::string body = {};  // JSON
};

inline answer shown(const item& found) { return {200, nlohmann::json(found).dump()}; }
inline answer shown(const order& found) { return {200, nlohmann::json(found).dump()}; }

inline answer created(const order& placed) {
  ctxlog::http::add_to_access_record("order_id"_kv = placed.id);
  return {201, nlohmann::json(placed).dump()};
}

inline answer refused(const refusal& why) {
  const int status = why.reason() == reason::unknown ? 404 : why.reason() == reason::sold_out ? 409 : 400;
  return {status, nlohmann::json{{"error", why.what()}}.dump()};
}

/// The answer that `work` makes, or that of its refusal. Other exceptions are the framework's.
template <class Work>
answer answer_of(Work work) {
  try {
    return work();
  } catch (const refusal& why) {
    return refused(why);
  }
}

/// A number in a path; 0, which nothing has, when it is none.
inline int number_of(std::string_view digits) {
  int number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

/// `{"item_id":1,"quantity":2}`: takes the goods from the shelf.
inline order reserve(store& goods, std::string_view body) {
  const auto json = nlohmann::json::parse(body, nullptr, false);
  if (!json.is_object() || !json.value("item_id", nlohmann::json()).is_number_integer())
    throw refusal(reason::malformed, "an order is {\"item_id\":1,\"quantity\":2}");
  const nlohmann::json quantity = json.value("quantity", nlohmann::json(1));
  if (!quantity.is_number_integer()) throw refusal(reason::malformed, "the quantity is a number");
  return goods.reserve(json.at("item_id").get<int>(), quantity.get<int>());
}

/// A pool of threads as there are many: it knows nothing of contexts. Ends with all of its work done.
class thread_pool {
 public:
  explicit thread_pool(int threads) {
    for (int i = 0; i != threads; ++i) threads_.emplace_back([this] { work(); });
  }
  ~thread_pool() {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    changed_.notify_all();
    for (auto& thread : threads_) thread.join();
  }

  void submit(std::function<void()> job) {
    {
      const std::lock_guard lock(mutex_);
      jobs_.push_back(std::move(job));
    }
    changed_.notify_one();
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return ending_ || !jobs_.empty(); });
      if (jobs_.empty()) return;
      {
        const auto job = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();
        job();
      }
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

/// The shop's own threads: work runs in the context of who submits it.
class workers {
 public:
  /// Without context the pool is used as it is: the mistake that GET /api/test-thread-context must see.
  explicit workers(bool with_context = true) : with_context_(with_context) {}

  void submit(std::function<void()> job) {
    if (with_context_)
      ctxlog::context_pool(pool_).submit(std::move(job));
    else
      pool_.submit(std::move(job));
  }

  /// The same, for work whose result is waited for.
  template <class Work>
  auto run(Work work) {
    auto task = std::make_shared<std::packaged_task<std::invoke_result_t<Work>()>>(std::move(work));
    submit([task] { (*task)(); });
    return task->get_future();
  }

 private:
  thread_pool pool_{3};
  bool with_context_;
};

/// The id of the request that the calling code works for, empty outside of one.
inline std::string current_id() {
  const auto* const ids = ctxlog::http::current_correlation();
  return ids ? ids->request_id : std::string();
}

inline bool works_for(const std::string& request_id) {
  return !request_id.empty() && current_id() == request_id;
}

/// The answer of the two routes that test themselves: which of three pieces of work knew their request.
inline answer verdict(std::string_view id_key, const std::array<bool, 3>& preserved) {
  nlohmann::json results = nlohmann::json::array();
  bool all = true;
  for (std::size_t i = 0; i != preserved.size(); ++i) {
    results.push_back({{id_key, i + 1}, {"trace_preserved", preserved[i]}, {"http_status", 200}});
    all = all && preserved[i];
  }
  return {200,
          nlohmann::json{
              {"results", results}, {"all_context_preserved", all}, {"test_status", all ? "PASS" : "FAIL"}}
              .dump()};
}

/// GET /api/test-thread-context: three jobs at once. Waits for them.
inline answer test_threads(workers& pool) {
  std::array<std::future<bool>, 3> seen;
  for (auto& own : seen) own = pool.run([id = current_id()] { return works_for(id); });
  return verdict("task_id", {seen[0].get(), seen[1].get(), seen[2].get()});
}

/// The command line of every shop: `[--without-context]`.
inline bool wants_context(int argc, char** argv) {
  return argc < 2 || std::string_view(argv[1]) != "--without-context";
}

inline void say_listening(int port) { ctxlog::info("listening on http://127.0.0.1:{}", port); }

/// Returns when standard input ends.
inline void wait_for_end() {
  while (std::getchar() != EOF) {}
}

}  // namespace shop
