// A hole that names no field given at the call.
// SPDX-License-Identifier: MIT
// expect: message_names_a_field_that_is_not_given
#include "ctxlog/ctxlog.hpp"

using namespace ctxlog::literals;

void log() {
#ifdef FIXED
  ctxlog::info("order {order_id}", "order_id"_kv = 1);
#else
  ctxlog::info("order {order_id}", "order"_kv = 1);
#endif
}
