// An HTTP service in miniature: its handlers log, use a pool, await a coroutine, call a service.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/socket.h>

#include <asio.hpp>
#include <chrono>
#include <ctxlog/asio.hpp>
#include <ctxlog/ctxlog.hpp>
#include <ctxlog/http/httplib.hpp>
#include <stdexcept>
#include <string>
#include <thread>

namespace example {

inline constinit ctxlog::context_var<std::string> user_id{"user_id"};

// None of these functions is told about requests. The field `order` is passed by hand, so that an observer
// can see which request a line belongs to without trusting its request id.

inline int discount_of(const std::string& order) {
  using namespace ctxlog::literals;
  ctxlog::info("discount found", "order"_kv = order, "percent"_kv = 5);
  return 5;
}

inline int price_of(const std::string& order) {
  using namespace ctxlog::literals;
  const int price = 200 - 200 * discount_of(order) / 100;
  ctxlog::info("price found", "order"_kv = order, "price"_kv = price);
  return price;
}

inline asio::awaitable<int> stock_of(std::string order) {
  using namespace ctxlog::literals;
  asio::steady_timer shelf(co_await asio::this_coro::executor, std::chrono::microseconds(200));
  co_await shelf.async_wait(asio::use_awaitable);
  ctxlog::info("stock counted", "order"_kv = order, "stock"_kv = 3);
  co_return 3;
}

inline void install_ctxlog(httplib::Server& server) { ctxlog::httplib::install(server); }

class order_service {
 public:
  /// Listens on a free port of the loopback interface. `install_hooks` makes the requests known to the log.
  explicit order_service(void (*install_hooks)(httplib::Server&) = install_ctxlog) {
    add_routes();
    install_hooks(server_);
    // A kept connection keeps its thread.
    server_.new_task_queue = [] { return new httplib::ThreadPool(256); };
    server_.set_keep_alive_max_count(1'000'000);
    server_.set_keep_alive_timeout(60);
    server_.set_tcp_nodelay(true);
    // The library lets five clients wait for a connection; a hundred at once would be turned away for seconds.
    server_.set_socket_options([this](int socket) { listening_ = socket; });
    port_ = server_.bind_to_any_port("127.0.0.1");
    ::listen(listening_, SOMAXCONN);
    ctxlog::info("listening on http://127.0.0.1:{}", port_);
    accepting_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();  // stop() before that would be lost
  }
  order_service(const order_service&) = delete;
  order_service& operator=(const order_service&) = delete;

  /// Returns when all connections are closed and all requests are logged.
  ~order_service() {
    server_.stop();
    accepting_.join();
  }

  int port() const noexcept { return port_; }

 private:
  using handler = void (order_service::*)(const std::string& order, httplib::Response&);

  void add_route(const char* pattern, handler handle) {
    server_.Get(pattern, [this, handle](const httplib::Request& request, httplib::Response& response) {
      const auto user = user_id.bind(request.get_header_value("X-User"));
      (this->*handle)(request.matches[1], response);
    });
  }

  void add_routes() {
    add_route("/orders/([^/]+)", &order_service::show);
    add_route("/orders/([^/]+)/invoice", &order_service::invoice);
    add_route("/orders/([^/]+)/refund", &order_service::refund);
    add_route("/tax/([^/]+)", &order_service::tax);
  }

  void show(const std::string& order, httplib::Response& response) {
    using namespace ctxlog::literals;
    ctxlog::info("order {order} requested", "order"_kv = order);
    const int price = asio::post(pool_, asio::use_future([&] { return price_of(order); })).get();
    const int stock = asio::co_spawn(loop_, stock_of(order), asio::use_future).get();
    response.set_content(fmt::format("{{\"price\":{},\"stock\":{}}}\n", price, stock), "application/json");
  }

  void invoice(const std::string& order, httplib::Response& response) {
    using namespace ctxlog::literals;
    ctxlog::info("invoice of order {order} requested", "order"_kv = order);
    httplib::Client office("127.0.0.1", port_);
    office.set_tcp_nodelay(true);
    const auto answer = office.Get("/tax/" + order, ctxlog::httplib::headers("127.0.0.1"));
    if (!answer) throw std::runtime_error("the tax office does not answer");
    response.set_content(answer->body, "application/json");
  }

  void tax(const std::string& order, httplib::Response& response) {
    using namespace ctxlog::literals;
    ctxlog::info("tax of order {order} computed", "order"_kv = order, "tax"_kv = 38);
    response.set_content("{\"tax\":38}\n", "application/json");
  }

  void refund(const std::string& order, httplib::Response&) {
    throw std::runtime_error("order " + order + " is not paid");
  }

  httplib::Server server_;
  asio::thread_pool threads_{4}, event_loop_{1};
  ctxlog::asio::context_executor<asio::thread_pool::executor_type> pool_{threads_.get_executor()};
  ctxlog::asio::context_executor<asio::thread_pool::executor_type> loop_{event_loop_.get_executor()};
  int listening_ = -1;
  int port_ = 0;
  std::thread accepting_;
};

}  // namespace example
