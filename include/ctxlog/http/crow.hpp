// Crow: a context, one access record and the id in the response for each request; answers from other threads.
// SPDX-License-Identifier: MIT
#pragma once

#include <crow.h>

#include <algorithm>
#include <atomic>
#include <concepts>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "ctxlog/http/exchange.hpp"
#include "ctxlog/logger.hpp"

namespace ctxlog::crow {
namespace detail {

#ifdef CROW_USE_BOOST
namespace net = ::boost::asio;
#else
namespace net = ::asio;
#endif

struct response_access {};

}  // namespace detail
}  // namespace ctxlog::crow

/// Crow's connections are friends of crow::response, and this is one by name only.
template <>
class crow::Connection<ctxlog::crow::detail::response_access, ctxlog::crow::detail::response_access> {
 public:
  /// Keeps the connection of `response` alive; empty outside of a handler.
  static std::function<bool()> keep_alive(const response& response) { return response.is_alive_helper_; }
};

namespace ctxlog::crow {
namespace detail {

using response_friend = ::crow::Connection<response_access, response_access>;

// Releases before 1.2.1 call it io_service. Null before Crow has read the whole request.
template <class Request>
auto* io_context_of(const Request& request) {
  if constexpr (requires { request.io_context; })
    return request.io_context;
  else
    return request.io_service;
}

inline bool is_served_here(const ::crow::request& request) {
  auto* const io = io_context_of(request);
  return io && io->get_executor().running_in_this_thread();
}

/// Crow's own threads have no context between requests.
inline void leave_context() noexcept { ctxlog::detail::exchange_current(context::empty()); }

/// Whether equal_range() of Crow's headers shows the last line first: no standard says, so ask.
inline bool shows_last_line_first() {
  static const bool last_first = [] {
    ::crow::ci_map headers;
    headers.emplace("name", "first");
    headers.emplace("name", "last");
    return headers.equal_range("name").first->second == "last";
  }();
  return last_first;
}

inline void append_lines(const ::crow::ci_map& headers, std::string_view name, http::header_lines& lines) {
  const auto [first, last] = headers.equal_range(std::string(name));
  const std::size_t before = lines.size();
  for (auto header = first; header != last; ++header) lines.push_back(header->second);
  if (shows_last_line_first()) std::reverse(lines.begin() + static_cast<std::ptrdiff_t>(before), lines.end());
}

inline std::shared_ptr<http::exchange> begin(const ::crow::request& request,
                                             const std::shared_ptr<const http::options>& chosen) {
  const auto find = [&](std::string_view name, http::header_lines& lines) {
    append_lines(request.headers, name, lines);
  };
  const std::string method = ::crow::method_name(request.method);
  const std::string_view target(request.raw_url);
  const std::size_t query = target.find('?');
  http::request_view view{.method = method,
                          .path = target.substr(0, query),
                          .query = query == target.npos ? std::string_view() : target.substr(query + 1),
                          .peer_address = request.remote_ip_address,
                          .headers = find};
  // Set together with the version, which is not initialised before.
  if (io_context_of(request)) view.protocol_version = request.check_version(1, 0) ? "1.0" : "1.1";
#ifdef CROW_ENABLE_SSL
  view.scheme = {};  // the request does not know
#endif
  return http::exchange::begin(view, chosen);
}

/// Nothing for a body in chunks, and where Crow puts a text of its own into an empty one later.
inline std::optional<std::uint64_t> body_size_of(::crow::response& response) {
  if (response.headers.contains("Transfer-Encoding")) return std::nullopt;
  if (response.is_static_type()) {
    const std::string& length = response.get_header_value("Content-Length");
    if (length.empty()) return std::nullopt;
    return std::stoull(length);
  }
  constexpr int first_error = 400;
  if (response.body.empty() && response.code >= first_error) return std::nullopt;
  return response.body.size();
}

/// While there is one on the thread, it is not for after_handle() to leave the context: what called it does.
class context_keeper {
 public:
  context_keeper() noexcept { ++count(); }
  context_keeper(const context_keeper&) = delete;
  context_keeper& operator=(const context_keeper&) = delete;
  ~context_keeper() { --count(); }

  static bool present() noexcept { return count() != 0; }

 private:
  static int& count() noexcept {
    static thread_local int on_this_thread = 0;
    return on_this_thread;
  }
};

}  // namespace detail

/// The first middleware of the application: `crow::App<ctxlog::crow::middleware, Others...>`. Every line
/// logged for a request carries its ids, every response its request id, and the logger `http.access` gets
/// one record a request. Not seen are requests that Crow's parser refuses. One whose handler never calls
/// response.end() gets no record: Crow keeps it for ever.
///
/// A handler that answers later answers by defer(). What a handler logs behind response.end() carries the
/// ids when its route was made by CTXLOG_CROW_ROUTE().
///
/// A WebSocket handshake is recorded as upgraded with status 101. Crow does not tell when onaccept refuses
/// it: there, call `ctxlog::http::exchange::current()->finish(…)`. Messages have no context: run them in
/// one that onopen took from context::current().
class middleware {
 public:
  /// Crow's storage for each request.
  class context {
   public:
    context() = default;
    context(context&&) = default;
    context& operator=(context&& other) noexcept {
      std::swap(exchange_, other.exchange_);
      std::swap(upgrade_, other.upgrade_);
      return *this;
    }
    ~context() {
      // A refused upgrade is completed, without an answer.
      constexpr int switching_protocols = 101;
      if (exchange_ && upgrade_ && !upgrade_->is_completed())
        exchange_->finish({.status = switching_protocols, .outcome = http::outcome::upgraded});
    }

   private:
    friend class middleware;
    std::shared_ptr<http::exchange> exchange_;
    const ::crow::response* upgrade_ = nullptr;  // of the connection, which owns this too
  };

  explicit middleware(http::options chosen = {}) { options(std::move(chosen)); }

  /// Before the application runs: `app.get_middleware<ctxlog::crow::middleware>().options({…})`.
  void options(http::options chosen) { options_ = std::make_shared<const http::options>(std::move(chosen)); }

  void before_handle(::crow::request& request, ::crow::response& response, context& own) {
    // An exception would leave the connection behind for ever: when memory runs out the request goes without.
    try {
      own.exchange_ = detail::begin(request, options_);
      if (request.upgrade) own.upgrade_ = &response;
      // A handler that answers later leaves its context on the thread.
      detail::net::post(*detail::io_context_of(request), detail::leave_context);
      ctxlog::detail::exchange_current(own.exchange_->context());
    } catch (...) {
      return;
    }
    if (!own.exchange_->rejected()) return;
    constexpr int bad_request = 400;
    response.code = bad_request;
    response.end();
  }

  void after_handle(::crow::request& request, ::crow::response& response, context& own) {
    try {
      // Crow comes here without before_handle() for what it answers before it has read the whole request,
      // as HEAD of an unknown path, and shows what the connection's last request left.
      auto exchange = std::exchange(own.exchange_, nullptr);
      if (!exchange) exchange = detail::begin(request, options_);
      finish(*exchange, response);
      // What the handler logs from now on goes without ids, unless it is a wrapped one: completions that
      // wait for this thread would have them too.
      if (detail::is_served_here(request) && !detail::context_keeper::present() &&
          ctxlog::context::current() == exchange->context())
        detail::leave_context();
    } catch (...) {  // out of memory
      return;
    }
  }

 private:
  static void finish(http::exchange& exchange, ::crow::response& response) {
    // Crow answers for an exception while it handles it.
    constexpr int internal_server_error = 500;
    if (response.code >= internal_server_error)
      if (auto error = std::current_exception()) exchange.set_error(std::move(error));
    exchange.for_each_response_header(
        [&](const std::string& name, const std::string& value) { response.set_header(name, value); });
    exchange.finish({.status = response.code,
                     .body_size = detail::body_size_of(response),
                     .outcome = exchange.rejected() ? http::outcome::rejected : http::outcome::completed});
  }

  std::shared_ptr<const http::options> options_;
};

namespace detail {

template <class Handler>
class wrapped_handler {
 public:
  wrapped_handler(Handler handler, std::string_view route) : handler_(std::move(handler)), route_(route) {}

  // Crow finds out by its constraint which arguments the handler takes.
  template <class... Args>
    requires std::invocable<const Handler&, Args...>
  auto operator()(Args&&... args) const {
    if (const auto exchange = http::exchange::current()) exchange->set_route(route_);
    using result = std::invoke_result_t<const Handler&, Args...>;
    if constexpr (std::is_void_v<result>) {
      const context_keeper keeper;
      std::invoke(handler_, std::forward<Args>(args)...);
      leave_context();
    } else {
      return std::invoke(handler_, std::forward<Args>(args)...);
    }
  }

 private:
  Handler handler_;
  std::string_view route_;  // a literal
};

template <class Rule>
class wrapped_route {
 public:
  wrapped_route(Rule& rule, std::string_view route) : rule_(rule), route_(route) {}

  template <class... Methods>
  wrapped_route& methods(Methods... methods) {
    rule_.methods(methods...);
    return *this;
  }
  template <class App, class... Middlewares>
  wrapped_route& middlewares() {
    rule_.template middlewares<App, Middlewares...>();
    return *this;
  }
  template <class Handler>
  void operator()(Handler handler) {
    rule_(wrapped_handler<Handler>(std::move(handler), route_));
  }

 private:
  Rule& rule_;
  std::string_view route_;
};

}  // namespace detail

/// CROW_ROUTE() whose requests have `http.route` in the access record, and whose handler leaves no context
/// on its thread from its last line on: `CTXLOG_CROW_ROUTE(app,
/// "/users/<int>").methods("GET"_method)(handler)`.
#define CTXLOG_CROW_ROUTE(app, url) ::ctxlog::crow::detail::wrapped_route(CROW_ROUTE(app, url), url)

/// The right to answer a request once, later and from any thread; copies share it. Crow alone destroys the
/// connection under such an answer; here it lives until the answer is on its way, on its own thread. The
/// application outlives it. Nobody answered when the last copy goes: the client gets 500.
class deferred_answer {
 public:
  /// Sends `answer`, in the context of the request. The first call counts.
  void operator()(::crow::response answer) const { pending_->send(std::move(answer)); }

 private:
  friend deferred_answer defer(const ::crow::request&, ::crow::response&);

  using io_context = detail::net::io_context;

  class pending {
   public:
    pending(io_context& io, ::crow::response& response, std::shared_ptr<http::exchange> exchange)
        : io_(io),
          response_(response),
          connection_(detail::response_friend::keep_alive(response)),
          context_(exchange->context()),
          exchange_(std::move(exchange)) {}
    pending(const pending&) = delete;
    pending& operator=(const pending&) = delete;
    ~pending() {
      constexpr int internal_server_error = 500;
      send(::crow::response(internal_server_error));
    }

    void send(::crow::response answer) {
      if (sent_.exchange(true)) return;
      detail::net::post(
          io_, [&response = response_, connection = std::move(connection_), context = std::move(context_),
                exchange = std::move(exchange_), answer = std::move(answer)]() mutable {
            // What came behind it on the connection can have ended it.
            if (const auto open = exchange.lock(); !open || open->finished()) return;
            context.run([&] {
              response = std::move(answer);
              response.end();
            });
          });
    }

   private:
    io_context& io_;
    ::crow::response& response_;  // of the connection
    std::function<bool()> connection_;
    ctxlog::context context_;
    std::weak_ptr<http::exchange> exchange_;
    std::atomic<bool> sent_{false};
  };

  explicit deferred_answer(std::shared_ptr<pending> shared) : pending_(std::move(shared)) {}

  std::shared_ptr<pending> pending_;
};

/// For a handler that answers later:
/// `std::thread([done = ctxlog::crow::defer(request, response)] { done({200, "text"}); }).detach();`
/// Call it in the handler, and leave the response alone from then on; the request is valid until the
/// answer. Throws std::logic_error in an application without the middleware.
[[nodiscard]] inline deferred_answer defer(const ::crow::request& request, ::crow::response& response) {
  auto exchange = http::exchange::current();
  if (!exchange)
    throw std::logic_error("ctxlog::crow::defer() outside of a request of ctxlog::crow::middleware");
  return deferred_answer(std::make_shared<deferred_answer::pending>(*detail::io_context_of(request), response,
                                                                    std::move(exchange)));
}

namespace detail {

// Up to 1.2 a handler of log lines takes them by value, later by reference.
template <class Message>
Message log_message(void (::crow::ILogHandler::*)(Message, ::crow::LogLevel));

}  // namespace detail

/// Crow's own lines, by the logger `crow`:
/// `static ctxlog::crow::log_handler lines; crow::logger::setHandler(&lines);`
/// Crow keeps the pointer. Its level decides first: `app.loglevel(…)`.
class log_handler : public ::crow::ILogHandler {
 public:
  void log(decltype(detail::log_message(&::crow::ILogHandler::log)) message,
           ::crow::LogLevel level) override {
    // Crow tells of a request before it shows it to the middleware: the context here is an older one's.
    const context_guard own(message.starts_with("Request: ") ? context::empty() : context::current());
    lines_.log(level_of(level), "{}", message);
  }

 private:
  static ctxlog::level level_of(::crow::LogLevel level) noexcept {
    switch (level) {
      case ::crow::LogLevel::Debug:
        return ctxlog::level::debug;
      case ::crow::LogLevel::Info:
        return ctxlog::level::info;
      case ::crow::LogLevel::Warning:
        return ctxlog::level::warn;
      case ::crow::LogLevel::Error:
        return ctxlog::level::error;
      case ::crow::LogLevel::Critical:
        break;
    }
    return ctxlog::level::critical;
  }

  const logger lines_{"crow"};
};

}  // namespace ctxlog::crow
