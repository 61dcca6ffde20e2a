// Three services in a chain, gateway -> inventory -> payment: what they share.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdio>
#include <ctxlog/ctxlog.hpp>
#include <ctxlog/http/options.hpp>

namespace chain {

/// Each serves on a free port of the loopback interface until standard input ends. They call the next one at its port.
void run_gateway(int inventory_port);
void run_inventory(int payment_port);
void run_payment();

/// The services of one machine believe each other what the request's baggage says of its tenant.
inline ctxlog::http::options http_options() {
  ctxlog::http::options chosen;
  chosen.baggage.trust = ctxlog::http::trust::networks({"127.0.0.0/8"});
  chosen.baggage.fields = {"tenant"};
  return chosen;
}

inline void say_listening(int port) { ctxlog::info("listening on http://127.0.0.1:{}", port); }

inline void wait_for_end() {
  while (std::getchar() != EOF) {}
}

}  // namespace chain
