// The shop on Boost.Beast and Boost.Asio, a whole small server: a coroutine for each connection, kept connections, an end
// in good order. What ctxlog needs are the lines that begin with ctxlog::.
// SPDX-License-Identifier: MIT
#define CTXLOG_USE_BOOST_ASIO

#include <utility>  // missing in Boost 1.74

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <ctxlog/asio.hpp>
#include <ctxlog/http/beast.hpp>
#include <set>

#include "service.hpp"

namespace {

namespace net = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using net::awaitable;
using net::use_awaitable;
using net::ip::tcp;
using request = http::request<http::string_body>;
using response = http::response<http::string_body>;

class server {
 public:
  server(net::io_context& loop, shop::workers& workers)
      : loop_(loop), workers_(workers), acceptor_(loop, {net::ip::address_v4::loopback(), 0}) {
    net::co_spawn(loop, accept(), net::detached);
  }

  int port() const { return acceptor_.local_endpoint().port(); }

  /// Requests that are being served are answered; connections that wait for the next one are closed.
  void stop() {
    stopping_ = true;
    acceptor_.close();
    for (tcp::socket* idle : idle_) idle->close();
  }

 private:
  awaitable<void> accept() {
    while (!stopping_) {
      error_code error;
      tcp::socket socket = co_await acceptor_.async_accept(net::redirect_error(use_awaitable, error));
      if (error) continue;
      socket.set_option(tcp::no_delay(true), error);
      // On this executor coroutines keep their context over every co_await.
      net::co_spawn(ctxlog::asio::context_executor(loop_.get_executor()), serve(std::move(socket)),
                    net::detached);
    }
  }

  awaitable<void> serve(tcp::socket socket) {
    boost::beast::flat_buffer buffer;
    error_code error;
    const tcp::endpoint peer = socket.remote_endpoint(error);
    for (bool keep = !error; keep && !stopping_;) {
      request asked;
      idle_.insert(&socket);
      co_await http::async_read(socket, buffer, asked, net::redirect_error(use_awaitable, error));
      idle_.erase(&socket);
      if (error) break;
      keep = asked.keep_alive();
      co_await serve_one(socket, asked, peer);
    }
  }

  awaitable<void> serve_one(tcp::socket& socket, const request& asked, const tcp::endpoint& peer) {
    const auto exchange = ctxlog::beast::begin(asked, peer, options_);
    const ctxlog::http::request_scope inside(*exchange);

    shop::answer answer{.status = 400};
    if (!exchange->rejected()) answer = co_await answer_to(*exchange, asked);
    response sent(http::int_to_status(static_cast<unsigned>(answer.status)), asked.version());
    sent.set(http::field::content_type, "application/json");
    sent.keep_alive(asked.keep_alive() && !stopping_);
    sent.body() = std::move(answer.body);
    sent.prepare_payload();
    ctxlog::beast::add_headers(*exchange, sent);

    error_code error;
    co_await http::async_write(socket, sent, net::redirect_error(use_awaitable, error));
    ctxlog::beast::finish(*exchange, sent, error);
  }

  awaitable<shop::answer> answer_to(ctxlog::http::exchange& exchange, const request& asked) {
    try {
      co_return co_await route(exchange, asked);
    } catch (const shop::refusal& why) {
      co_return shop::refused(why);
    } catch (...) {
      exchange.set_error(std::current_exception());
    }
    co_return shop::answer{.status = 500};
  }

  awaitable<shop::answer> route(ctxlog::http::exchange& exchange, const request& asked) {
    const bool get = asked.method() == http::verb::get;
    const std::string target(asked.target());
    const std::string path = target.substr(0, target.find('?'));
    if (get && path.starts_with("/items/")) {
      exchange.set_route("/items/{id}");
      co_return shop::shown(store_.find_item(shop::number_of(path.substr(7))));
    }
    if (get && path.starts_with("/orders/")) {
      exchange.set_route("/orders/{id}");
      co_return shop::shown(store_.find_order(shop::number_of(path.substr(8))));
    }
    exchange.set_route(path);
    if (asked.method() == http::verb::post && path == "/orders")
      co_return shop::created(co_await place_order(asked.body()));
    if (get && path == "/health") co_return shop::answer{.body = "{}"};
    if (get && path == "/api/test-async-context") co_return co_await test_coroutines();
    if (get && path == "/api/test-thread-context") co_return shop::test_threads(workers_);
    exchange.set_route({});
    co_return shop::answer{.status = 404};
  }

  awaitable<shop::order> place_order(const std::string& body) {
    const shop::order order = shop::reserve(store_, body);
    net::steady_timer bank(loop_, shop::bank_delay);
    co_await bank.async_wait(use_awaitable);
    store_.book_payment(order);
    co_return store_.place(order);
  }

  // Three coroutines at once; the last one wakes this one.
  awaitable<shop::answer> test_coroutines() {
    std::array<bool, 3> preserved{};
    std::size_t running = preserved.size();
    net::steady_timer all(loop_, std::chrono::steady_clock::time_point::max());
    for (bool& own : preserved)
      net::co_spawn(co_await net::this_coro::executor, keeps_its_request(own), [&](std::exception_ptr) {
        if (--running == 0) all.cancel();
      });
    error_code cancelled;
    co_await all.async_wait(net::redirect_error(use_awaitable, cancelled));
    co_return shop::verdict("call_id", preserved);
  }

  awaitable<void> keeps_its_request(bool& preserved) {
    const std::string id = shop::current_id();
    net::steady_timer pause(loop_, shop::bank_delay);
    co_await pause.async_wait(use_awaitable);
    preserved = shop::works_for(id);
  }

  net::io_context& loop_;
  shop::workers& workers_;
  shop::store store_;
  const std::shared_ptr<const ctxlog::http::options> options_ =
      std::make_shared<const ctxlog::http::options>(shop::http_options());
  tcp::acceptor acceptor_;
  std::set<tcp::socket*> idle_;
  bool stopping_ = false;
};

}  // namespace

int main(int argc, char** argv) {
  shop::workers workers(shop::wants_context(argc, argv));
  net::io_context loop;
  server shop_server(loop, workers);
  shop::say_listening(shop_server.port());
  std::thread waiting([&] {
    shop::wait_for_end();
    net::post(loop, [&] { shop_server.stop(); });
  });
  loop.run();  // until all connections are closed
  waiting.join();
}
