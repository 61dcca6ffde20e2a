// The test service on Boost.Beast: a coroutine for each connection, on an executor that carries the context.
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
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <charconv>
#include <ctxlog/asio.hpp>
#include <ctxlog/http/beast.hpp>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>

#include "service.hpp"

namespace {

namespace net = boost::asio;
namespace http = boost::beast::http;
using net::awaitable;
using net::use_awaitable;
using executor = ctxlog::asio::context_executor<net::io_context::executor_type>;
using socket_type = net::basic_stream_socket<net::ip::tcp, executor>;
using timer_type = net::basic_waitable_timer<std::chrono::steady_clock,
                                             net::wait_traits<std::chrono::steady_clock>, executor>;
using request = http::request<http::string_body>;
using response = http::response<http::string_body>;

std::string path_of(const request& asked) {
  const auto target = std::string(asked.target());
  return target.substr(0, target.find('?'));
}

std::string parameter(const request& asked, const std::string& name) {
  const auto target = std::string(asked.target());
  const auto at = target.find(name + "=");
  if (at == target.npos) return {};
  const auto start = at + name.size() + 1;
  return target.substr(start, target.find('&', start) - start);
}

response answer_with(const request& asked, std::string body, http::status status = http::status::ok) {
  response answer(status, asked.version());
  answer.body() = std::move(body);
  return answer;
}

class server {
 public:
  server(net::io_context& loop, ctxlog::http::options options, std::string files)
      : loop_(loop),
        options_(std::make_shared<const ctxlog::http::options>(std::move(options))),
        files_(std::move(files)),
        acceptor_(loop, {net::ip::address_v4::loopback(), 0}) {
    add_plain_routes();
    add_asynchronous_routes();
    probe_next();
  }

  int port() const { return acceptor_.local_endpoint().port(); }

  awaitable<void> accept() {
    while (true) {
      boost::system::error_code error;
      auto plain = co_await acceptor_.async_accept(net::redirect_error(use_awaitable, error));
      if (error) continue;
      plain.set_option(net::ip::tcp::no_delay(true), error);
      auto socket = socket_type(executor(loop_.get_executor()), net::ip::tcp::v4(), plain.release());
      net::co_spawn(executor(loop_.get_executor()), serve(std::move(socket)), net::detached);
    }
  }
  /// Lets the exchanges that have begun end first.
  void stop_when_idle() {
    if (active_ == 0) return loop_.stop();
    net::post(loop_, [this] { stop_when_idle(); });
  }

 private:
  using route = std::function<awaitable<response>(const request&)>;

  void add(const std::string& method_and_path, route handle) { routes_[method_and_path] = std::move(handle); }
  template <class F>
  void add_plain(const std::string& method_and_path, F handle) {
    add(method_and_path, [handle](const request& asked) -> awaitable<response> {
      co_return answer_with(asked, handle(asked));
    });
  }

  struct counted_exchange {
    explicit counted_exchange(int& active) : count(active) { ++count; }
    counted_exchange(const counted_exchange&) = delete;
    counted_exchange& operator=(const counted_exchange&) = delete;
    ~counted_exchange() { --count; }
    int& count;
  };

  awaitable<void> serve(socket_type socket) {
    boost::beast::flat_buffer buffer;
    boost::system::error_code error;
    const auto peer = socket.remote_endpoint(error);
    while (!error) {
      http::request_parser<http::string_body> parser;
      parser.header_limit(60'000);  // a value of 64 KiB makes Beast throw
      co_await http::async_read(socket, buffer, parser, net::redirect_error(use_awaitable, error));
      if (error) break;
      co_await exchange_one(socket, parser.get(), peer, error);
      if (!parser.get().keep_alive()) break;
    }
  }

  awaitable<void> exchange_one(socket_type& socket, const request& asked, const net::ip::tcp::endpoint& peer,
                               boost::system::error_code& error) {
    const counted_exchange counted(active_);
    const auto exchange = ctxlog::beast::begin(asked, peer, options_);
    const ctxlog::http::request_scope inside(*exchange);
    // No co_await in ?:, which g++ 12 gets wrong.
    response answer = answer_with(asked, "", http::status::bad_request);
    if (!exchange->rejected()) answer = co_await handle(*exchange, asked);
    ctxlog::beast::add_headers(*exchange, answer);
    if (path_of(asked) == "/stream") {
      co_await write_chunks(socket, answer, error);
      exchange->finish({.status = 200});
      co_return;
    }
    answer.prepare_payload();
    if (asked.method() == http::verb::head) {
      http::response_serializer<http::string_body> head(answer);
      co_await http::async_write_header(socket, head, net::redirect_error(use_awaitable, error));
    } else {
      co_await http::async_write(socket, answer, net::redirect_error(use_awaitable, error));
    }
    ctxlog::beast::finish(*exchange, answer, error);
  }

  awaitable<response> handle(ctxlog::http::exchange& exchange, const request& asked) {
    std::exception_ptr failure;
    try {
      co_return co_await dispatch(exchange, asked);
    } catch (...) {
      failure = std::current_exception();
    }
    exchange.set_error(failure);
    co_return answer_with(asked, "", http::status::internal_server_error);
  }

  awaitable<response> dispatch(ctxlog::http::exchange& exchange, const request& asked) {
    const std::string path = path_of(asked);
    std::string method(asked.method_string());
    if (method == "HEAD") method = "GET";
    if (path == "/denied") co_return answer_with(asked, "", http::status::forbidden);
    if (path.starts_with("/static/")) co_return static_file(asked, path.substr(8));
    if (method == "GET" && path.starts_with("/users/")) {
      exchange.set_route("/users/{id}");
      ctxlog::info("user");
      co_return answer_with(asked, path.substr(7));
    }
    if (const auto found = routes_.find(method + " " + path); found != routes_.end()) {
      exchange.set_route(path);
      co_return co_await found->second(asked);
    }
    co_return answer_with(asked, "", http::status::not_found);
  }

  response static_file(const request& asked, const std::string& name) const {
    std::ostringstream content;
    content << std::ifstream(files_ + "/" + name).rdbuf();
    return answer_with(asked, content.str());
  }

  // The size is not known before: chunks.
  static awaitable<void> write_chunks(socket_type& socket, const response& head,
                                      boost::system::error_code& error) {
    http::response<http::empty_body> start(http::status::ok, 11);
    for (const auto& header : head) start.insert(header.name_string(), header.value());
    start.chunked(true);
    http::response_serializer<http::empty_body> serializer(start);
    co_await http::async_write_header(socket, serializer, net::redirect_error(use_awaitable, error));
    const std::string part(1000, 's');
    for (int i = 0; i != 3; ++i)
      co_await net::async_write(socket, http::make_chunk(net::buffer(part)),
                                net::redirect_error(use_awaitable, error));
    co_await net::async_write(socket, http::make_chunk_last(), net::redirect_error(use_awaitable, error));
  }

  void add_plain_routes() {
    add_plain("GET /hello", [](const request&) {
      ctxlog::info("hello");
      return std::string("hello\n");
    });
    add_plain("POST /echo", [](const request& asked) { return asked.body(); });
    add_plain("GET /throw", [](const request&) -> std::string {
      ctxlog::info("about to throw");
      throw std::runtime_error("boom");
    });
    add_plain("GET /throw-int", [](const request&) -> std::string {
      ctxlog::info("about to throw");
      throw 42;
    });
    add("GET /redirect", [](const request& asked) -> awaitable<response> {
      auto answer = answer_with(asked, "", http::status::found);
      answer.set(http::field::location, "/hello");
      co_return answer;
    });
    add_plain("GET /fields", [](const request& asked) {
      ctxlog::http::add_to_access_record(ctxlog::kv("user", parameter(asked, "user")));
      return std::string();
    });
    add_plain("GET /error-line", [](const request& asked) {
      service::log_error_line(parameter(asked, "user"));
      return std::string();
    });
    add_plain("GET /stats", [this](const request&) { return probe_.stats(); });
    add_plain("GET /stream", [](const request&) { return std::string(); });
    add_plain("GET /background", [this](const request&) { return work_.start(), std::string(); });
    add_plain("GET /release", [this](const request&) { return work_.release(), std::string(); });
    add_plain("GET /api/test-thread-context", [](const request&) { return service::test_threads(); });
  }

  // What blocks runs on a thread of its own, whose context is the request's.
  template <class F>
  awaitable<std::string> elsewhere(F work) {
    timer_type done(executor(loop_.get_executor()), std::chrono::steady_clock::time_point::max());
    std::string result;
    std::thread worker = ctxlog::thread([&] {
      result = work();
      net::post(loop_, [&] { done.cancel(); });
    });
    boost::system::error_code cancelled;
    co_await done.async_wait(net::redirect_error(use_awaitable, cancelled));
    worker.join();
    co_return result;
  }

  awaitable<void> pause(std::chrono::milliseconds time) {
    timer_type timer(executor(loop_.get_executor()), time);
    co_await timer.async_wait(use_awaitable);
  }

  void add_asynchronous_routes() {
    add("GET /slow", [this](const request& asked) -> awaitable<response> {
      co_await pause(std::chrono::milliseconds(std::stoi(parameter(asked, "ms"))));
      co_return answer_with(asked, "slow\n");
    });
    add("GET /call", [this](const request& asked) -> awaitable<response> {
      const int port = std::stoi(parameter(asked, "port"));
      const std::string path = parameter(asked, "path");
      const auto work = [port, path] { return service::call(port, path); };
      co_return answer_with(asked, co_await elsewhere(work));
    });
    add("POST /test", [this](const request& asked) -> awaitable<response> {
      const auto work = [body = asked.body()] { return service::answer_harness(body), std::string(); };
      co_return answer_with(asked, co_await elsewhere(work));
    });
    add("GET /thread", [this](const request& asked) -> awaitable<response> {
      const auto work = [] {
        ctxlog::info("on another thread");
        ctxlog::detach([] { ctxlog::info("idle"); });
        return std::string("thread\n");
      };
      co_return answer_with(asked, co_await elsewhere(work));
    });
    add("GET /callback", [this](const request& asked) -> awaitable<response> {
      net::steady_timer plain(loop_, std::chrono::milliseconds(1)),
          bound(loop_, std::chrono::milliseconds(1));
      plain.async_wait([](auto) { ctxlog::info("plain callback"); });
      bound.async_wait(ctxlog::bind_context([](auto) { ctxlog::info("bound callback"); }));
      co_await pause(std::chrono::milliseconds(20));
      co_return answer_with(asked, "");
    });
    add("GET /never", [this](const request&) -> awaitable<response> {
      co_await pause(std::chrono::hours(1));
      co_return response();
    });
    add("GET /api/test-async-context", [this](const request& asked) -> awaitable<response> {
      std::array<bool, 3> preserved{};
      for (bool& own : preserved) {
        const std::string id = service::current_id();
        co_await pause(std::chrono::milliseconds(1));
        own = service::works_for(id);
      }
      co_return answer_with(asked, service::verdict("call_id", preserved));
    });
  }

  void probe_next() {
    probe_timer_.expires_after(std::chrono::milliseconds(1));
    probe_timer_.async_wait([this](auto error) {
      if (error) return;
      probe_.look();
      probe_next();
    });
  }

  net::io_context& loop_;
  const std::shared_ptr<const ctxlog::http::options> options_;
  const std::string files_;
  net::ip::tcp::acceptor acceptor_;
  std::map<std::string, route> routes_;
  int active_ = 0;
  service::background_work work_;
  service::probe probe_;
  net::steady_timer probe_timer_{loop_};
};

}  // namespace

int main(int count, char** given) {
  auto [options, files] = service::arguments_of(count, given);
  net::io_context loop;
  server serving(loop, std::move(options), files);
  net::co_spawn(loop, serving.accept(), net::detached);
  service::say_listening(serving.port());
  std::thread running([&] { loop.run(); });
  service::wait_for_end();
  net::post(loop, [&] { serving.stop_when_idle(); });
  running.join();
  return 0;
}
