// An HTTP service: the request's id on every line, on every response, and on the calls the service makes.
// SPDX-License-Identifier: MIT
#include <cstdio>
#include <ctxlog/ctxlog.hpp>

#include "support/order_service.hpp"

namespace {

// What a client would do, on one connection.
void call(int port) {
  httplib::Client client("127.0.0.1", port);
  client.set_keep_alive(true);
  client.Get("/orders/tea", {{"X-Request-ID", "req-1"}, {"X-User", "ada"}});
  client.Get("/orders/cup/invoice", {{"X-Request-ID", "req-2"}});
  client.Get("/orders/pot/refund", {{"X-Request-ID", "req-3"}});
  client.Get("/nothing/here", {{"X-Request-ID", "not an id: it has blanks"}});
}

}  // namespace

int main() {
  ctxlog::configure({.patchers = {{ctxlog::context_variables(example::user_id)}}});
  const example::order_service service;
  call(service.port());

  // Try it with curl until standard input ends.
  while (std::getchar() != EOF) {}
}
