// The test service on Crow: a few threads for all connections; what waits answers by ctxlog::crow::defer().
// SPDX-License-Identifier: MIT
#include <ctxlog/http/crow.hpp>

#include "service.hpp"

int main(int count, char** given) {
  const auto [options, files] = service::arguments_of(count, given);
  static ctxlog::crow::log_handler lines;
  crow::logger::setHandler(&lines);
  crow::App<ctxlog::crow::middleware> app;
  app.get_middleware<ctxlog::crow::middleware>().options(options);
  CROW_ROUTE(app, "/hello")([] { ctxlog::info("hello"); return "hello\n"; });
  CTXLOG_CROW_ROUTE(app, "/wrapped/<int>")([](const crow::request&, crow::response& r, int id) { ctxlog::info("user");  r.end(std::to_string(id)); ctxlog::info("after"); });
  CTXLOG_CROW_ROUTE(app, "/b/<int>")([](const crow::request&, int id) { return std::to_string(id); });
  CTXLOG_CROW_ROUTE(app, "/thread")([](const crow::request& q, crow::response& r) { std::thread([done = ctxlog::crow::defer(q, r)] { done({200, "x"}); }).detach(); });
  app.signal_clear();
  auto running = app.loglevel(crow::LogLevel::Info).bindaddr("127.0.0.1").port(0).concurrency(4).run_async();
  app.wait_for_server_start();
  service::say_listening(app.port());
  service::wait_for_end();
  app.stop();
  return 0;
}
