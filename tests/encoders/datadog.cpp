// Datadog: standard attributes, decimal identifiers, keys that its pipelines would take for their own.
// SPDX-License-Identifier: MIT
#include <catch2/catch_test_macros.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "ctxlog/config.hpp"
#include "ctxlog/ctxlog.hpp"
#include "support.hpp"

using namespace encoders_test;
using namespace ctxlog::literals;
using ctxlog::kv;
using keys = std::vector<std::string>;

TEST_CASE("A line for Datadog has the standard attributes, then the fields") {
  const environment_variable name("OTEL_SERVICE_NAME", "checkout");
  const environment_variable rest("OTEL_RESOURCE_ATTRIBUTES",
                                  "deployment.environment=prod%2Ceu west,service.version=1.2.3");
  probe datadog(ctxlog::datadog_encoder());
  ctxlog::logger("shop").warn("order {order_id} placed", "order_id"_kv = 7);
  const auto line = datadog.json();
  CHECK(line.keys() == keys{"timestamp", "status", "message", "service", "ddtags", "ddsource", "logger.name",
                            "logger.file", "logger.line", "logger.method_name", "logger.thread_id",
                            "template", "order_id"});
  CHECK(line.get<std::string>("status") == "warn");
  CHECK(line.get<std::string>("service") == "checkout");
  CHECK(line.get<std::string>("ddtags") == "env:prod_eu_west,version:1.2.3");
  CHECK(line.get<std::string>("logger.name") == "shop");
}

TEST_CASE("Levels become the statuses of Datadog") {
  probe datadog(ctxlog::datadog_encoder());
  const auto status = [&](ctxlog::level l) {
    ctxlog::log(l, "x");
    return datadog.json().get<std::string>("status");
  };
  ctxlog::set_level(ctxlog::level::trace);
  CHECK(status(ctxlog::level::trace) == "debug");
  CHECK(status(ctxlog::level::info) == "info");
  CHECK(status(ctxlog::level::error) == "error");
  CHECK(status(ctxlog::level::critical) == "critical");
  CHECK(status(ctxlog::define_level("success", 25, "✅")) == "notice");
  CHECK(datadog.json().get<std::string>("level_name") == "success");
}

TEST_CASE("Identifiers of a trace stand as they are and as Datadog's decimals") {
  probe datadog(ctxlog::datadog_encoder());
  ctxlog::info("x", "trace_id"_kv = trace_id, "span_id"_kv = span_id);
  const auto line = datadog.json();
  CHECK(line.get<std::string>("trace_id") == trace_id);
  CHECK(line.get<std::string>("dd.trace_id") == std::to_string(0xa3ce929d0e0e4736U));
  CHECK(line.get<std::string>("dd.span_id") == std::to_string(0x00f067aa0ba902b7U));
  ctxlog::info("x", "trace_id"_kv = "4bf92f3577b34da60000000000000000", "span_id"_kv = "short");
  CHECK_FALSE(datadog.json().has("dd.trace_id"));
  CHECK_FALSE(datadog.json().has("dd.span_id"));
}

TEST_CASE("No field passes for an attribute that Datadog's pipelines know") {
  probe datadog(ctxlog::datadog_encoder());
  ctxlog::info("x", "status"_kv = 200, "host"_kv = "h", "dd.trace_id"_kv = "1", "level"_kv = "l",
               "error"_kv = std::out_of_range("seven"));
  const auto line = datadog.json();
  CHECK(line.get<std::string>("status") == "info");
  CHECK(line.get<int>("fields.status") == 200);
  CHECK(line.get<std::string>("fields.host") == "h");
  CHECK(line.get<std::string>("fields.dd.trace_id") == "1");
  CHECK(line.get<std::string>("fields.level") == "l");
  CHECK(line.get<std::string>("error.kind") == "std::out_of_range");
  CHECK(line.get<std::string>("error.message") == "seven");
  CHECK(line.get<std::string>("error.stack") == "std::out_of_range: seven");
  CHECK(line.type("fields.error") == "object");
}
