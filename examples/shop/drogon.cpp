// The shop on Drogon, its handlers coroutines. What ctxlog needs are the includes and the lines that begin with ctxlog::drogon.
// SPDX-License-Identifier: MIT
#include <drogon/HttpAppFramework.h>

#include <ctxlog/http/drogon.hpp>
#include <ctxlog/http/drogon_coroutines.hpp>
#include <ctxlog/http/drogon_log.hpp>
#include <thread>

#include "service.hpp"

namespace {

using drogon::app;
using drogon::HttpRequestPtr;
using drogon::HttpResponsePtr;
using drogon::Task;
using reply = std::function<void(const HttpResponsePtr&)>;

HttpResponsePtr to_drogon(const shop::answer& answer) {
  auto response = drogon::HttpResponse::newHttpResponse(static_cast<drogon::HttpStatusCode>(answer.status),
                                                        drogon::CT_APPLICATION_JSON);
  response->setBody(answer.body);
  return response;
}

trantor::EventLoop* this_loop() { return trantor::EventLoop::getEventLoopOfCurrentThread(); }

Task<shop::answer> place_order(shop::store& store, std::string body) {
  try {
    const shop::order order = shop::reserve(store, body);
    co_await drogon::sleepCoro(this_loop(), shop::bank_delay);
    store.book_payment(order);
    co_return shop::created(store.place(order));
  } catch (const shop::refusal& why) {
    co_return shop::refused(why);
  }
}

void add_routes(shop::store& store) {
  app().registerHandler(
      "/items/{id}",
      [&](const HttpRequestPtr&, reply&& send, const std::string& id) {
        const int number = shop::number_of(id);
        send(to_drogon(shop::answer_of([&] { return shop::shown(store.find_item(number)); })));
      },
      {drogon::Get});
  app().registerHandler(
      "/orders/{id}",
      [&](const HttpRequestPtr&, reply&& send, const std::string& id) {
        const int number = shop::number_of(id);
        send(to_drogon(shop::answer_of([&] { return shop::shown(store.find_order(number)); })));
      },
      {drogon::Get});
  app().registerHandler("/orders",
                        [&](HttpRequestPtr request) -> Task<HttpResponsePtr> {
                          co_return to_drogon(co_await place_order(store, std::string(request->body())));
                        },
                        {drogon::Post});
  app().registerHandler(
      "/health", [](const HttpRequestPtr&, reply&& send) { send(to_drogon({.body = "{}"})); }, {drogon::Get});
}

Task<> keeps_its_request(bool& preserved) {
  const std::string id = shop::current_id();
  co_await drogon::sleepCoro(this_loop(), shop::bank_delay);
  preserved = shop::works_for(id);
}

Task<HttpResponsePtr> test_coroutines(HttpRequestPtr) {
  std::array<bool, 3> preserved{};
  std::vector<Task<>> calls;
  for (bool& own : preserved) calls.push_back(keeps_its_request(own));
  co_await drogon::when_all(std::move(calls));
  co_return to_drogon(shop::verdict("call_id", preserved));
}

void add_self_tests(shop::workers& workers) {
  app().registerHandler("/api/test-async-context", &test_coroutines, {drogon::Get});
  app().registerHandler(
      "/api/test-thread-context",
      [&](const HttpRequestPtr&, reply&& send) { send(to_drogon(shop::test_threads(workers))); },
      {drogon::Get});
}

// Once it listens, which the loop is told after this advice.
void say_listening_later() {
  app().registerBeginningAdvice([] {
    app().getLoop()->queueInLoop([] {
      app().getIOLoop(0)->queueInLoop([] { shop::say_listening(app().getListeners().at(0).toPort()); });
    });
  });
}

}  // namespace

int main(int argc, char** argv) {
  shop::store store;
  shop::workers workers(shop::wants_context(argc, argv));
  ctxlog::drogon::install(shop::http_options());
  ctxlog::drogon::install_log();  // Drogon's own lines
  add_routes(store);
  add_self_tests(workers);
  say_listening_later();

  std::thread waiting([] {
    shop::wait_for_end();
    app().quit();
  });
  // With port 0 each of Drogon's threads would listen on one of its own.
  app()
      .setThreadNum(1)
      .addListener("127.0.0.1", 0)
      .setLogLevel(trantor::Logger::kWarn)
      .disableSigtermHandling();
  app().run();
  waiting.join();
}
