// The inventory, on Boost.Beast: server and client are coroutines.
// SPDX-License-Identifier: MIT
#define CTXLOG_USE_BOOST_ASIO

#include <utility>  // missing in Boost 1.74

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <ctxlog/asio.hpp>
#include <ctxlog/http/beast.hpp>
#include <ctxlog/http/propagation.hpp>
#include <memory>
#include <thread>

#include "chain.hpp"

namespace {

namespace net = boost::asio;
namespace http = boost::beast::http;
using net::awaitable;
using net::use_awaitable;
using net::ip::tcp;
using request = http::request<http::string_body>;
using response = http::response<http::string_body>;

const auto options = std::make_shared<const ctxlog::http::options>(chain::http_options());

awaitable<response> post(int port, std::string path) {
  tcp::socket socket(co_await net::this_coro::executor);
  const tcp::endpoint there(net::ip::address_v4::loopback(), static_cast<std::uint16_t>(port));
  co_await socket.async_connect(there, use_awaitable);
  request asked(http::verb::post, path, 11);
  asked.set(http::field::host, "127.0.0.1:" + std::to_string(port));
  for (const auto& [name, value] : ctxlog::http::propagation_headers("127.0.0.1")) asked.set(name, value);
  asked.prepare_payload();
  co_await http::async_write(socket, asked, use_awaitable);
  boost::beast::flat_buffer buffer;
  response answer;
  co_await http::async_read(socket, buffer, answer, use_awaitable);
  co_return answer;
}

awaitable<response> answer_to(const request& asked, int payment_port) {
  response answer(http::status::not_found, asked.version());
  if (asked.method() == http::verb::post && asked.target() == "/reservations") {
    ctxlog::info("goods reserved");
    const response paid = co_await post(payment_port, "/payments");
    ctxlog::info("goods sold");
    answer.result(paid.result());
    answer.body() = paid.body();
  }
  answer.prepare_payload();
  co_return answer;
}

awaitable<void> serve(tcp::socket socket, int payment_port) {
  boost::beast::flat_buffer buffer;
  boost::system::error_code error;
  request asked;
  co_await http::async_read(socket, buffer, asked, net::redirect_error(use_awaitable, error));
  if (error) co_return;
  const auto exchange = ctxlog::beast::begin(asked, socket.remote_endpoint(), options);
  const ctxlog::http::request_scope inside(*exchange);
  response answer = co_await answer_to(asked, payment_port);
  answer.keep_alive(false);
  ctxlog::beast::add_headers(*exchange, answer);
  co_await http::async_write(socket, answer, net::redirect_error(use_awaitable, error));
  ctxlog::beast::finish(*exchange, answer, error);
}

awaitable<void> accept(tcp::acceptor& acceptor, int payment_port) {
  const ctxlog::asio::context_executor carrying(acceptor.get_executor());
  while (acceptor.is_open()) {
    boost::system::error_code error;
    tcp::socket socket = co_await acceptor.async_accept(net::redirect_error(use_awaitable, error));
    if (!error) net::co_spawn(carrying, serve(std::move(socket), payment_port), net::detached);
  }
}

}  // namespace

void chain::run_inventory(int payment_port) {
  net::io_context loop;
  tcp::acceptor acceptor(loop, {net::ip::address_v4::loopback(), 0});
  net::co_spawn(loop, accept(acceptor, payment_port), net::detached);
  chain::say_listening(acceptor.local_endpoint().port());
  std::thread waiting([&] {
    chain::wait_for_end();
    net::post(loop, [&] { acceptor.close(); });
  });
  loop.run();  // until the last response is written
  waiting.join();
}
