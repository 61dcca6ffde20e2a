// The payment, on cpp-httplib: the end of the chain.
// SPDX-License-Identifier: MIT
#include <ctxlog/http/httplib.hpp>

#include "serve.hpp"

void chain::run_payment() {
  using namespace ctxlog::literals;
  httplib::Server server;
  ctxlog::httplib::install(server, chain::http_options());
  server.Post("/payments", [](const httplib::Request&, httplib::Response& response) {
    ctxlog::info("{amount} taken from the card", "amount"_kv = 19);
    response.set_content("{\"paid\":19}", "application/json");
  });
  chain::serve(server);
}
