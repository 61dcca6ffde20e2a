// The routes that only the service on Drogon has: what Drogon keeps, its coroutines, its WebSockets.
// SPDX-License-Identifier: MIT
//
//   GET  /cached           2000 bytes with a header and a cookie, kept by Drogon; they begin with the number of the handler's call
//   GET  /twice            answered twice
//   GET  /coroutine/{kind} a coroutine that looks for its request's id after every co_await; "right", or where it was not
//   GET  /detached         answers; a coroutine that goes on logs "detached"
//   GET  /async-task, /async-task/preserved
//                          a drogon::AsyncTask: whether it has its request's id after a co_await, "kept" or "lost"
//   GET  /framework-lines  lines of Drogon's own log in all their forms
//   GET  /socket           a WebSocket that logs "socket opened", "socket message" and "socket closed"
#pragma once

#include <drogon/HttpClient.h>
#include <drogon/WebSocketController.h>

#include <ctxlog/coroutines/preserve.hpp>
#include <ctxlog/http/drogon.hpp>
#include <ctxlog/http/drogon_coroutines.hpp>
#include <ctxlog/http/drogon_websocket.hpp>
#include <functional>
#include <memory>

#include "service.hpp"

namespace service {

using drogon::app;
using drogon::HttpRequest;
using drogon::HttpRequestPtr;
using drogon::HttpResponse;
using drogon::HttpResponsePtr;
using drogon::Task;
using trantor::EventLoop;
using answer = std::function<void(const HttpResponsePtr&)>;

inline HttpResponsePtr text(std::string body, drogon::ContentType type = drogon::CT_TEXT_PLAIN) {
  auto response = HttpResponse::newHttpResponse(drogon::k200OK, type);
  response->setBody(std::move(body));
  return response;
}

inline EventLoop* this_loop() { return EventLoop::getEventLoopOfCurrentThread(); }

/// Asks another service on this machine without holding the loop.
inline Task<std::string> ask(std::string host, HttpRequestPtr request, EventLoop* loop) {
  ctxlog::drogon::add_headers(request, "127.0.0.1");
  const auto client = drogon::HttpClient::newHttpClient(host, loop);
  const auto response = co_await client->sendRequestCoro(request);
  co_return std::string(response->body());
}

/// Where a coroutine was without its request's context.
class course {
 public:
  explicit course(std::string id) : id_(std::move(id)) {}
  void look(const std::string& place) {
    if (!works_for(id_)) wrong_ += place + "; ";
  }
  std::string verdict() const { return wrong_.empty() ? "right" : wrong_; }

 private:
  std::string id_, wrong_;
};

inline Task<int> leaf(course& seen, EventLoop* loop) {
  seen.look("leaf's start");
  co_await drogon::sleepCoro(loop, 0.001);
  seen.look("leaf's end");
  co_return 1;
}

inline Task<> branch(course& seen) {
  int leaves = co_await leaf(seen, this_loop());
  seen.look("after the first leaf");
  leaves += co_await leaf(seen, app().getLoop());
  seen.look("after the leaf on the main loop");
  if (leaves == 2) throw std::runtime_error("broken branch");
}

inline Task<> sleep_twice(course& seen) {
  co_await drogon::sleepCoro(this_loop(), 0.001);
  seen.look("after a sleep");
  co_await drogon::sleepCoro(app().getLoop(), 0.001);
  seen.look("after a sleep on another loop");
}

inline Task<> change_loops(course& seen) {
  EventLoop* const own = this_loop();
  co_await drogon::switchThreadCoro(app().getLoop());
  seen.look("on the main loop");
  co_await drogon::queueInLoopCoro(own, std::function<void()>([] {}));
  seen.look("back on the own loop");
}

inline Task<> catch_exception(course& seen) {
  try {
    co_await branch(seen);
  } catch (const std::runtime_error&) {
    seen.look("in the exception handler");
  }
  co_await leaf(seen, this_loop());
  seen.look("after the exception");
}

inline Task<> call_back(course& seen, std::string host) {
  EventLoop* const own = this_loop();
  for (EventLoop* const loop : {own, app().getLoop()}) {
    auto request = HttpRequest::newHttpRequest();
    request->setPath("/hello");
    co_await ask(host, std::move(request), loop);
    seen.look("after a call");
  }
}

inline Task<> wait_for_all(course& seen) {
  std::vector<Task<int>> leaves;
  for (int i = 0; i != 3; ++i) leaves.push_back(leaf(seen, this_loop()));
  co_await drogon::when_all(std::move(leaves));
  seen.look("after all");
}

inline Task<> run_kind(std::string kind, course& seen, std::string host) {
  if (kind == "sleep") co_await sleep_twice(seen);
  if (kind == "loops") co_await change_loops(seen);
  if (kind == "exception") co_await catch_exception(seen);
  if (kind == "client") co_await call_back(seen, std::move(host));
  if (kind == "all") co_await wait_for_all(seen);
  seen.look("at the end");
}

inline Task<HttpResponsePtr> answer_kind(HttpRequestPtr request, std::string kind) {
  course seen(current_id());
  co_await run_kind(std::move(kind), seen, "http://" + request->localAddr().toIpPort());
  seen.look("in the handler");
  co_return text(seen.verdict());
}

inline Task<> log_detached(EventLoop* loop) {
  co_await drogon::sleepCoro(loop, 0.001);
  ctxlog::info("detached");
}

template <class Sleep>
drogon::AsyncTask answer_whether_kept(Sleep sleep, answer reply) {
  const std::string id = current_id();
  co_await sleep();
  reply(text(works_for(id) ? "kept" : "lost"));
}

inline void add_coroutine_routes() {
  app().registerHandler("/coroutine/{kind}", &answer_kind, {drogon::Get});
  app().registerHandler("/detached",
                        [](const HttpRequestPtr&, answer&& reply) {
                          drogon::async_run([loop = this_loop()] { return log_detached(loop); });
                          reply(text(""));
                        },
                        {drogon::Get});
  const auto sleep = [] { return drogon::sleepCoro(this_loop(), 0.001); };
  app().registerHandler("/async-task",
                        [sleep](HttpRequestPtr, answer reply) -> drogon::AsyncTask {
                          return answer_whether_kept(sleep, std::move(reply));
                        },
                        {drogon::Get});
  app().registerHandler("/async-task/preserved",
                        [sleep](HttpRequestPtr, answer reply) -> drogon::AsyncTask {
                          return answer_whether_kept([sleep] { return ctxlog::preserve(sleep()); },
                                                     std::move(reply));
                        },
                        {drogon::Get});
}

class socket : public ctxlog::drogon::websocket_controller<socket, false> {
 public:
  void on_connection(const HttpRequestPtr&, const drogon::WebSocketConnectionPtr&) override {
    ctxlog::info("socket opened");
  }
  void on_message(const drogon::WebSocketConnectionPtr&, std::string&&,
                  const drogon::WebSocketMessageType& type) override {
    if (type == drogon::WebSocketMessageType::Text) ctxlog::info("socket message");
  }
  void on_close(const drogon::WebSocketConnectionPtr&) override { ctxlog::info("socket closed"); }

  WS_PATH_LIST_BEGIN
  WS_PATH_ADD("/socket");
  WS_PATH_LIST_END
};

inline void add_kept_routes() {
  app().registerHandler(
      "/cached",
      [calls = std::make_shared<std::atomic<int>>(0)](const HttpRequestPtr&, answer&& reply) {
        std::string body = std::to_string(++*calls) + " ";
        body.resize(2000, 'c');
        auto response = text(std::move(body));
        response->addHeader("X-Kept", "yes");
        response->addCookie("kept", "too");
        response->setExpiredTime(0);
        reply(response);
      },
      {drogon::Get});
  app().registerHandler("/twice",
                        [](const HttpRequestPtr&, answer&& reply) {
                          reply(text("first"));
                          reply(text("second"));
                        },
                        {drogon::Get});
}

inline void add_log_routes() {
  app().registerHandler("/framework-lines",
                        [](const HttpRequestPtr&, answer&& reply) {
                          LOG_WARN << "warned - half:way";
                          LOG_COMPACT_ERROR << "without source";
                          LOG_RAW << "raw text\n";
                          reply(text(""));
                        },
                        {drogon::Get});
}

inline void add_drogon_routes() {
  add_log_routes();
  add_kept_routes();
  add_coroutine_routes();
  app().registerController(std::make_shared<socket>());
}

}  // namespace service
