// The shop on Crow. What ctxlog needs are an include, its middleware as the first one, and for http.route the macro's prefix.
// SPDX-License-Identifier: MIT
#include <ctxlog/http/crow.hpp>
#include <thread>

#include "service.hpp"

namespace {

using application = crow::App<ctxlog::crow::middleware>;

crow::response to_crow(const shop::answer& answer) { return {answer.status, "json", answer.body}; }

shop::order place_order(shop::store& store, const std::string& body) {
  const shop::order order = shop::reserve(store, body);
  std::this_thread::sleep_for(shop::bank_delay);
  store.book_payment(order);
  return store.place(order);
}

void add_routes(application& app, shop::store& store, shop::workers& workers) {
  CTXLOG_CROW_ROUTE(app, "/items/<int>")
  ([&](int id) { return to_crow(shop::answer_of([&] { return shop::shown(store.find_item(id)); })); });
  CTXLOG_CROW_ROUTE(app, "/orders/<int>")
  ([&](int id) { return to_crow(shop::answer_of([&] { return shop::shown(store.find_order(id)); })); });
  // The pool answers, and Crow's thread serves others meanwhile.
  CTXLOG_CROW_ROUTE(app, "/orders")
      .methods("POST"_method)([&](const crow::request& request, crow::response& response) {
        workers.submit([&, body = request.body, done = ctxlog::crow::defer(request, response)] {
          done(to_crow(shop::answer_of([&] { return shop::created(place_order(store, body)); })));
        });
      });
  CTXLOG_CROW_ROUTE(app, "/health")([] { return to_crow({.body = "{}"}); });
}

void add_self_tests(application& app, shop::workers& workers) {
  CTXLOG_CROW_ROUTE(app, "/api/test-async-context")
  ([] {
    std::array<std::future<bool>, 3> calls;
    for (auto& call : calls)
      call = ctxlog::async(std::launch::async, [id = shop::current_id()] { return shop::works_for(id); });
    return to_crow(shop::verdict("call_id", {calls[0].get(), calls[1].get(), calls[2].get()}));
  });
  CTXLOG_CROW_ROUTE(app, "/api/test-thread-context")([&] { return to_crow(shop::test_threads(workers)); });
}

}  // namespace

int main(int argc, char** argv) {
  shop::store store;
  shop::workers workers(shop::wants_context(argc, argv));
  static ctxlog::crow::log_handler lines;  // Crow's own lines
  crow::logger::setHandler(&lines);
  application app;
  app.get_middleware<ctxlog::crow::middleware>().options(shop::http_options());
  add_routes(app, store, workers);
  add_self_tests(app, workers);

  app.signal_clear();
  auto running =
      app.loglevel(crow::LogLevel::Warning).bindaddr("127.0.0.1").port(0).concurrency(4).run_async();
  app.wait_for_server_start();
  shop::say_listening(app.port());
  shop::wait_for_end();
  app.stop();
  running.wait();
}
