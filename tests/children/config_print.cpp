// Prints records at every level with the configuration the environment asks for, or does what its first argument names.
// SPDX-License-Identifier: MIT
#include <cstdlib>
#include <string>
#include <string_view>

#include "ctxlog/ctxlog.hpp"

namespace {

using ctxlog::kv;

constinit ctxlog::context_var<std::string> request_id{"request_id"};

void print_levels() {
  const ctxlog::logger net("net"), tls("net.tls");
  ctxlog::trace("root trace");
  ctxlog::debug("root debug");
  ctxlog::info("root info");
  ctxlog::error("root error");
  net.debug("net debug");
  net.info("net info");
  tls.trace("tls trace");
  tls.warn("tls warn");
}

void print_request() {
  ctxlog::configure({.patchers = {{ctxlog::context_variables(request_id)}}});
  const auto bound = request_id.bind("r-1");
  ctxlog::info("order {order_id} placed", kv("order_id", 42));
}

}  // namespace

int main(int count, char** arguments) {
  using namespace ctxlog;
  const std::string_view what = count > 1 ? arguments[1] : "levels";
  if (what == "levels") {
    print_levels();
  } else if (what == "request") {
    print_request();
  } else if (what == "code_first") {  // levels chosen before the first record; the rest is the environment's
    logger("net.tls").set_level(level::trace);
    logger("quiet").set_level(level::off);
    logger("quiet").critical("never");
    print_levels();
  } else if (what == "code_beats_environment") {
    configure({.mode = mode::prod, .format = format::json, .levels = "error,net=debug"});
    print_levels();
  } else if (what == "mode_at_run_time") {
    info("first");
    configure({.mode = mode::prod});
    info("second");
    configure({.mode = mode::dev});
    info("third");
  } else if (what == "environment_again") {
    ::setenv("ENV", "PROD", 1);
    configure_from_environment();
    info("after");
  } else if (what == "resource_again") {
    info("first");
    configure({.levels = "debug"});
    info("second");
    ::setenv("OTEL_SERVICE_NAME", "new", 1);
    configure_from_environment();
    info("third");
  } else if (what == "process_fields") {
    configure({.patchers = {{ctxlog::process_fields()}}});
    info("x");
  } else if (what == "after_shutdown") {
    info("before");
    shutdown();
    for (int i = 0; i < 100; ++i) info("after");
    return stats().undelivered == 100 ? 0 : 1;
  } else if (what == "dotenv") {
    const bool found = load_dotenv(arguments[2]);
    if (!found) return 3;
    for (const char* name : {"A", "B", "C", "D", "E", "F", "G", "H"}) {
      const char* const text = std::getenv(name);
      info("{name}={text}", kv("name", name), kv("text", text ? text : "(unset)"));
    }
  }
}
