// Google Cloud's structured logging: special fields, severities, keys that the agent would take for its own.
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

namespace {

constexpr const char* trace_key = "logging.googleapis.com/trace";

}  // namespace

TEST_CASE("A line for Google Cloud has the special fields, then the record's own") {
  probe gcp(ctxlog::gcp_encoder());
  ctxlog::logger("shop").info("order {order_id} placed", "order_id"_kv = 7);
  const auto line = gcp.json();
  CHECK(line.keys() == keys{"severity", "time", "message", "logging.googleapis.com/sourceLocation", "logger",
                            "thread", "template", "order_id"});
  CHECK(line.get<std::string>("severity") == "INFO");
  CHECK(line.get<std::string>("message") == "order 7 placed");
  CHECK(line.get<std::string>("logging.googleapis.com/sourceLocation", "file") == "gcp.cpp");
  CHECK(line.type("logging.googleapis.com/sourceLocation", "line") == "string");
  CHECK(line.get<int>("order_id") == 7);
}

TEST_CASE("Levels become the severities of Google Cloud, and one of the application's own keeps its name") {
  probe gcp(ctxlog::gcp_encoder());
  const auto severity = [&](ctxlog::level l) {
    ctxlog::log(l, "x");
    return gcp.json().get<std::string>("severity");
  };
  ctxlog::set_level(ctxlog::level::trace);
  CHECK(severity(ctxlog::level::trace) == "DEBUG");
  CHECK(severity(ctxlog::level::debug) == "DEBUG");
  CHECK(severity(ctxlog::level::info) == "INFO");
  CHECK(severity(ctxlog::level::warn) == "WARNING");
  CHECK(severity(ctxlog::level::error) == "ERROR");
  CHECK(severity(ctxlog::level::critical) == "CRITICAL");
  CHECK_FALSE(gcp.json().has("level_name"));
  CHECK(severity(ctxlog::define_level("success", 25, "✅")) == "NOTICE");
  CHECK(gcp.json().get<std::string>("level_name") == "success");
}

TEST_CASE("The trace is a path when the project is known, else the plain id") {
  const auto ambient = ctxlog::with_fields(kv("trace_id", trace_id), kv("span_id", span_id));
  {
    probe gcp(ctxlog::gcp_encoder());
    ctxlog::info("x", "trace_flags"_kv = "01");
    CHECK(gcp.json().get<std::string>(trace_key) == trace_id);
    CHECK(gcp.json().get<std::string>("logging.googleapis.com/spanId") == span_id);
    CHECK(gcp.json().get<bool>("logging.googleapis.com/trace_sampled"));
    CHECK_FALSE(gcp.json().has("trace_id"));
    ctxlog::info("x", "trace_flags"_kv = 2);
    CHECK_FALSE(gcp.json().get<bool>("logging.googleapis.com/trace_sampled"));
  }
  const environment_variable project("GOOGLE_CLOUD_PROJECT", "my-\"proj");
  probe gcp(ctxlog::gcp_encoder());
  ctxlog::info("x", "trace_flags"_kv = "zz");
  CHECK(gcp.json().get<std::string>(trace_key) == "projects/my-\"proj/traces/" + std::string(trace_id));
  CHECK(gcp.json().get<std::string>("trace_flags") == "zz");
}

TEST_CASE("No field passes for a special field of Google Cloud") {
  probe gcp(ctxlog::gcp_encoder());
  ctxlog::info("x", "severity"_kv = "EMERGENCY", "logging.googleapis.com/insertId"_kv = 1, "timestamp"_kv = 2,
               "fields.severity"_kv = 3, "error"_kv = std::runtime_error("disk gone"));
  const auto line = gcp.json();
  CHECK(line.get<std::string>("severity") == "INFO");
  CHECK(line.get<std::string>("fields.severity") == "EMERGENCY");
  CHECK(line.get<int>("fields.fields.severity") == 3);
  CHECK(line.get<int>("fields.logging.googleapis.com/insertId") == 1);
  CHECK(line.get<int>("fields.timestamp") == 2);
  CHECK(line.get<std::string>("stack_trace") == "std::runtime_error: disk gone");
  CHECK(line.text("error") == R"({"type":"std::runtime_error","message":"disk gone"})");
}

TEST_CASE("The service of a line for Google Cloud is OpenTelemetry's") {
  const environment_variable name("OTEL_SERVICE_NAME", "checkout");
  const environment_variable rest("OTEL_RESOURCE_ATTRIBUTES", "service.version=1.2.3");
  probe gcp(ctxlog::gcp_encoder());
  ctxlog::info("x");
  CHECK(gcp.json().text("serviceContext") == R"({"service":"checkout","version":"1.2.3"})");
}
