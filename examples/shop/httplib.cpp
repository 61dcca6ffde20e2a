// The shop on cpp-httplib. What ctxlog needs are an include and the line that begins with ctxlog::httplib.
// SPDX-License-Identifier: MIT
#include <ctxlog/http/httplib.hpp>
#include <future>
#include <thread>

#include "service.hpp"

namespace {

using httplib::Request;
using httplib::Response;

void send(Response& response, const shop::answer& answer) {
  response.status = answer.status;
  response.set_content(answer.body, "application/json");
}

// A connection has a thread here, which may wait for the pool.
shop::order place_order(shop::store& store, shop::workers& workers, const std::string& body) {
  const shop::order order = shop::reserve(store, body);
  const auto paid = workers.run([&] {
    std::this_thread::sleep_for(shop::bank_delay);
    store.book_payment(order);
  });
  paid.wait();
  return store.place(order);
}

void add_routes(httplib::Server& server, shop::store& store, shop::workers& workers) {
  server.Get(R"(/items/(\d+))", [&](const Request& request, Response& response) {
    const int id = shop::number_of(request.matches[1].str());
    send(response, shop::answer_of([&] { return shop::shown(store.find_item(id)); }));
  });
  server.Get(R"(/orders/(\d+))", [&](const Request& request, Response& response) {
    const int id = shop::number_of(request.matches[1].str());
    send(response, shop::answer_of([&] { return shop::shown(store.find_order(id)); }));
  });
  server.Post("/orders", [&](const Request& request, Response& response) {
    send(response, shop::answer_of([&] { return shop::created(place_order(store, workers, request.body)); }));
  });
  server.Get("/health",
             [](const Request&, Response& response) { response.set_content("{}", "application/json"); });
}

void add_self_tests(httplib::Server& server, shop::workers& workers) {
  server.Get("/api/test-async-context", [](const Request&, Response& response) {
    std::array<std::future<bool>, 3> calls;
    for (auto& call : calls)
      call = ctxlog::async(std::launch::async, [id = shop::current_id()] { return shop::works_for(id); });
    send(response, shop::verdict("call_id", {calls[0].get(), calls[1].get(), calls[2].get()}));
  });
  server.Get("/api/test-thread-context",
             [&](const Request&, Response& response) { send(response, shop::test_threads(workers)); });
}

}  // namespace

int main(int argc, char** argv) {
  shop::store store;
  shop::workers workers(shop::wants_context(argc, argv));
  httplib::Server server;
  ctxlog::httplib::install(server, shop::http_options());
  add_routes(server, store, workers);
  add_self_tests(server, workers);

  shop::say_listening(server.bind_to_any_port("127.0.0.1"));
  std::thread serving([&] { server.listen_after_bind(); });
  while (!server.is_running()) std::this_thread::yield();  // stop() before that would be lost
  shop::wait_for_end();
  server.stop();
  serving.join();
}
