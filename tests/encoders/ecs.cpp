// The Elastic Common Schema: the keys that come first, types that never change, names that never meet.
// SPDX-License-Identifier: MIT
#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <limits>
#include <map>
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

TEST_CASE("An ECS line begins as ecs-logging's specification demands") {
  probe ecs(ctxlog::ecs_encoder());
  ctxlog::logger("shop.orders").warn("order {order_id} placed", "order_id"_kv = 7, "customer"_kv = "c-1");
  const auto line = ecs.json();
  CHECK(ecs.line().find(R"("log.level":"warn","message":"order 7 placed","ecs.version":"8.11.0",)") == 44);
  CHECK(line.keys() == keys{"@timestamp", "log.level", "message", "ecs.version", "log.logger",
                            "log.origin.file.name", "log.origin.file.line", "log.origin.function",
                            "process.thread.id", "labels", "ctxlog"});
  CHECK(replaced(line.get<std::string>("@timestamp"), R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)", "T") ==
        "T");
  CHECK(line.get<std::string>("log.logger") == "shop.orders");
  CHECK(line.get<std::string>("log.origin.file.name") == "ecs.cpp");
  CHECK(line.type("log.origin.file.line") == "integer");
  CHECK(line.text("labels") == R"({"message_template":"order {order_id} placed","customer":"c-1"})");
  CHECK(line.text("ctxlog") == R"({"order_id.long":7})");
}

TEST_CASE("Without labels and typed fields there are no empty objects for them") {
  probe ecs(ctxlog::ecs_encoder());
  ctxlog::info("plain");
  CHECK_FALSE(ecs.json().has("labels"));
  CHECK_FALSE(ecs.json().has("ctxlog"));
}

TEST_CASE("A value is typed where its type holds all its kind, and else a label: no mapping can conflict") {
  probe ecs(ctxlog::ecs_encoder());
  constexpr double infinite = std::numeric_limits<double>::infinity();
  ctxlog::info("values", "i"_kv = INT64_MIN, "u"_kv = std::uint64_t{INT64_MAX}, "b"_kv = true, "d"_kv = 9.5,
               "took"_kv = std::chrono::microseconds(1500), "huge"_kv = UINT64_MAX, "wide"_kv = 1e300,
               "nan"_kv = infinite, "list"_kv = std::vector{1, 2},
               "map"_kv = std::map<std::string, int>{{"a", 1}}, "none"_kv = nullptr, "text"_kv = "7",
               "secret"_kv = ctxlog::secret(std::string("hush")));
  CHECK(ecs.json().text("ctxlog") ==
        R"({"i.long":-9223372036854775808,"u.long":9223372036854775807,"b.boolean":true,"d.double":9.5,)"
        R"("took.double":0.0015})");
  CHECK(ecs.json().text("labels") ==
        R"({"huge":"18446744073709551615","wide":"1e+300","nan":"Infinity","list":"[1,2]",)"
        R"("map":"{\"a\":1}","none":null,"text":"7","secret":"***"})");
}

TEST_CASE("What the schema has a name and a type for stands at the top, and else is a label") {
  probe ecs(ctxlog::ecs_encoder());
  ctxlog::info("served", "http.request.method"_kv = "GET", "http.response.status_code"_kv = 200,
               "client.ip"_kv = "2001:db8::1", "event.duration"_kv = 1500);
  const auto line = ecs.json();
  CHECK(line.get<std::string>("http.request.method") == "GET");
  CHECK(line.get<int>("http.response.status_code") == 200);
  CHECK(line.get<std::string>("client.ip") == "2001:db8::1");
  CHECK(line.get<int>("event.duration") == 1500);
  CHECK_FALSE(line.has("labels"));
  CHECK_FALSE(line.has("ctxlog"));

  ctxlog::info("odd", "http.response.status_code"_kv = "200", "client.ip"_kv = "localhost",
               "url.path"_kv = 7);
  CHECK(ecs.json().text("labels") == R"({"http_response_status_code":"200","client_ip":"localhost"})");
  CHECK(ecs.json().text("ctxlog") == R"({"url_path.long":7})");
}

TEST_CASE("Keys of labels are cleaned as ecs-logging demands, and never meet") {
  probe ecs(ctxlog::ecs_encoder());
  const auto ambient = ctxlog::with_fields(kv("a.b", "ambient"));
  const auto labels = [&] { return ecs.json().text("labels"); };
  ctxlog::info("clean", "http.request.verb"_kv = "GET", "x*y\\z"_kv = "w");
  CHECK(labels() == R"({"a_b":"ambient","http_request_verb":"GET","x_y_z":"w"})");
  for (int i = 0; i < 2; ++i) {  // the second time from the caches
    ctxlog::info("meeting", "a_b"_kv = "call", "a*b"_kv = 3, "a_b_2"_kv = "taken");
    CHECK(labels() == R"({"a_b_3":"ambient","a_b":"call","a_b_2":"taken"})");
    CHECK(ecs.json().text("ctxlog") == R"({"a_b_4.long":3})");
  }
  ctxlog::info("odd {n}", "n"_kv = "1", kv("", "empty"), kv(" ", "blank"), kv("message_template", "own"));
  CHECK(labels() == R"({"message_template":"odd {n}","a_b":"ambient","n":"1","_":"empty","__2":"blank",)"
                    R"("fields_message_template":"own"})");
}

TEST_CASE("Trace and exception stand at the top of an ECS line") {
  probe ecs(ctxlog::ecs_encoder());
  const auto ambient = ctxlog::with_fields(kv("trace_id", trace_id), kv("span_id", span_id));
  ctxlog::error("failed", "cause"_kv = ctxlog::traced(std::runtime_error("disk gone")));
  const auto line = ecs.json();
  CHECK(line.get<std::string>("trace.id") == trace_id);
  CHECK(line.get<std::string>("span.id") == span_id);
  CHECK(line.get<std::string>("error.type") == "std::runtime_error");
  CHECK(line.get<std::string>("error.message") == "disk gone");
  CHECK(line.get<std::string>("error.stack_trace").starts_with("std::runtime_error: disk gone\n    at "));
  CHECK(line.keys("labels") == keys{"cause"});
}

TEST_CASE("What is no trace id stays a label") {
  probe ecs(ctxlog::ecs_encoder());
  ctxlog::info("bad", "trace_id"_kv = "4BF92F3577B34DA6A3CE929D0E0E4736", "span_id"_kv = "0000000000000000");
  CHECK_FALSE(ecs.json().has("trace.id"));
  CHECK(ecs.json().keys("labels") == keys{"trace_id", "span_id"});
  ctxlog::info("bad", "trace_id"_kv = 7);
  CHECK(ecs.json().text("ctxlog") == R"({"trace_id.long":7})");
}

TEST_CASE("The service of an ECS line is OpenTelemetry's") {
  const environment_variable name("OTEL_SERVICE_NAME", "checkout");
  const environment_variable rest("OTEL_RESOURCE_ATTRIBUTES",
                                  "service.name=other,service.version=1.2%2C3,service.instance.id=i-1,"
                                  "deployment.environment.name=prod");
  probe ecs(ctxlog::ecs_encoder());
  ctxlog::info("service");
  const auto line = ecs.json();
  CHECK(line.get<std::string>("service.name") == "checkout");
  CHECK(line.get<std::string>("service.version") == "1.2,3");
  CHECK(line.get<std::string>("service.environment") == "prod");
  CHECK(line.get<std::string>("service.node.name") == "i-1");
  CHECK(line.get<std::string>("event.dataset") == "checkout");
}
