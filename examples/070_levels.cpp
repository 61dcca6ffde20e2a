// Levels: inherited by name, changed at run time, and extended by the application.
// SPDX-License-Identifier: MIT
#include <ctxlog/ctxlog.hpp>

int main() {
  const ctxlog::logger net("net"), tls("net.tls"), shop("shop");

  // The same as LOG_LEVEL="warn,net=info" in the environment; `net.tls` takes its level from `net`.
  ctxlog::configure({.levels = "warn,net=info"});
  shop.info("not shown");
  net.info("connected");
  tls.info("handshake done");

  tls.set_level(ctxlog::level::error);
  tls.warn("not shown");
  tls.inherit_level();
  tls.warn("certificate expires soon");

  // Arguments of the macros are evaluated only when the record is made.
  const auto dump = [] {
    ctxlog::error("never called");
    return "a large text";
  };
  CTXLOG_LOG(shop, ctxlog::level::debug, "state: {}", dump());

  const auto success = ctxlog::define_level("success", 25);
  ctxlog::set_level(success);
  shop.log(success, "order delivered");
  shop.info("not shown");
}
