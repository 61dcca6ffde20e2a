// OTLP in JSON: the encoding rules of the protocol, attributes, resource, severity and trace.
// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <chrono>
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

namespace {

// The one record of a line.
class log_record {
 public:
  explicit log_record(const probe& otlp) : line_(otlp.json()) {}

  template <class... Path>
  std::string text(const Path&... path) const {
    return line_.text("resourceLogs", 0, "scopeLogs", 0, "logRecords", 0, path...);
  }
  template <class T, class... Path>
  T get(const Path&... path) const {
    return line_.get<T>("resourceLogs", 0, "scopeLogs", 0, "logRecords", 0, path...);
  }
  bool has(const std::string& key) const {
    return line_.has("resourceLogs", 0, "scopeLogs", 0, "logRecords", 0, key);
  }
  keys members() const { return line_.keys("resourceLogs", 0, "scopeLogs", 0, "logRecords", 0); }

  // The value of that attribute as JSON text; "none" or "twice" when it is not there once.
  std::string attribute(const std::string& key) const {
    return in_list(key, "resourceLogs", 0, "scopeLogs", 0, "logRecords", 0, "attributes");
  }
  std::string resource(const std::string& key) const {
    return in_list(key, "resourceLogs", 0, "resource", "attributes");
  }
  std::string scope() const {
    return line_.get<std::string>("resourceLogs", 0, "scopeLogs", 0, "scope", "name");
  }

 private:
  template <class... Path>
  std::string in_list(const std::string& key, const Path&... path) const {
    std::string found = "none";
    for (std::size_t i = 0; i < line_.size(path...); ++i)
      if (line_.get<std::string>(path..., i, "key") == key)
        found = found == "none" ? line_.text(path..., i, "value") : "twice";
    return found;
  }
  strict_json::object line_;
};

}  // namespace

TEST_CASE("An OTLP line is one LogsData object with one record") {
  probe otlp(ctxlog::otlp_encoder());
  const auto before = std::chrono::system_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
  ctxlog::logger("shop.orders").info("order {order_id} placed", "order_id"_kv = 7);
  const auto after = std::chrono::system_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
  CHECK(otlp.json().keys() == keys{"resourceLogs"});
  const log_record rec(otlp);
  CHECK(rec.members() ==
        keys{"timeUnixNano", "observedTimeUnixNano", "severityNumber", "severityText", "body", "attributes"});
  CHECK(std::stoll(rec.get<std::string>("timeUnixNano")) >= before);
  CHECK(std::stoll(rec.get<std::string>("timeUnixNano")) <= after);
  CHECK(rec.get<std::string>("observedTimeUnixNano") == rec.get<std::string>("timeUnixNano"));
  CHECK(rec.text("body") == R"({"stringValue":"order 7 placed"})");
  CHECK(rec.scope() == "shop.orders");
  CHECK(rec.attribute("order_id") == R"({"intValue":"7"})");
  CHECK(rec.attribute("message_template.text") == R"({"stringValue":"order {order_id} placed"})");
  CHECK(rec.attribute("code.file.path") == R"({"stringValue":")" + std::string(__FILE__) + R"("})");
  CHECK(rec.attribute("thread.id") == R"({"intValue":")" + std::to_string(::gettid()) + R"("})");
  CHECK(rec.attribute("thread.name") == "none");
}

TEST_CASE("Values are encoded as the protocol's JSON mapping demands") {
  probe otlp(ctxlog::otlp_encoder());
  constexpr double infinite = std::numeric_limits<double>::infinity();
  ctxlog::info("values", "low"_kv = INT64_MIN, "most"_kv = std::uint64_t{INT64_MAX}, "huge"_kv = UINT64_MAX,
               "yes"_kv = true, "real"_kv = 3.0, "nan"_kv = std::numeric_limits<double>::quiet_NaN(),
               "up"_kv = infinite, "down"_kv = -infinite, "text"_kv = "t", "none"_kv = nullptr,
               "took"_kv = std::chrono::microseconds(1500),
               "at"_kv = std::chrono::sys_days{std::chrono::year{2026} / 11 / 20},
               "list"_kv = std::vector{1, 2}, "nothing"_kv = std::vector<int>(),
               "map"_kv = std::map<std::string, std::vector<bool>>{{"a", {true}}},
               "secret"_kv = ctxlog::secret(std::string("hush")));
  const log_record rec(otlp);
  CHECK(rec.attribute("low") == R"({"intValue":"-9223372036854775808"})");
  CHECK(rec.attribute("most") == R"({"intValue":"9223372036854775807"})");
  CHECK(rec.attribute("huge") == R"({"stringValue":"18446744073709551615"})");
  CHECK(rec.attribute("yes") == R"({"boolValue":true})");
  CHECK(rec.attribute("real") == R"({"doubleValue":3.0})");
  CHECK(rec.attribute("nan") == R"({"doubleValue":"NaN"})");
  CHECK(rec.attribute("up") == R"({"doubleValue":"Infinity"})");
  CHECK(rec.attribute("down") == R"({"doubleValue":"-Infinity"})");
  CHECK(rec.attribute("text") == R"({"stringValue":"t"})");
  CHECK(rec.attribute("none") == "{}");
  CHECK(rec.attribute("took") == R"({"doubleValue":0.0015})");
  CHECK(rec.attribute("at") == R"({"stringValue":"2026-11-20T00:00:00.000000Z"})");
  CHECK(rec.attribute("list") == R"({"arrayValue":{"values":[{"intValue":"1"},{"intValue":"2"}]}})");
  CHECK(rec.attribute("nothing") == R"({"arrayValue":{"values":[]}})");
  CHECK(rec.attribute("map") ==
        R"({"kvlistValue":{"values":[{"key":"a","value":{"arrayValue":{"values":[{"boolValue":true}]}}}]}})");
  CHECK(rec.attribute("secret") == R"({"stringValue":"***"})");
}

TEST_CASE("Severity numbers begin the ranges of OpenTelemetry, and own levels lie in between") {
  probe otlp(ctxlog::otlp_encoder());
  const auto severity = [&](int number) {
    ctxlog::log(static_cast<ctxlog::level>(number), "x");
    return log_record(otlp).get<int>("severityNumber");
  };
  ctxlog::set_level(ctxlog::level::trace);
  CHECK(severity(5) == 1);
  CHECK(log_record(otlp).get<std::string>("severityText") == "TRACE");
  CHECK(severity(10) == 5);
  CHECK(severity(20) == 9);
  CHECK(severity(30) == 13);
  CHECK(log_record(otlp).get<std::string>("severityText") == "WARN");
  CHECK(severity(40) == 17);
  CHECK(severity(50) == 21);
  CHECK(log_record(otlp).get<std::string>("severityText") == "FATAL");
  CHECK(severity(25) == 11);
  int last = 1;
  for (int number = 5; number <= 254; ++number) {
    const int now = severity(number);
    CAPTURE(number, last);
    CHECK(now >= last);
    CHECK(now <= 24);
    last = now;
  }
  CHECK(last == 24);
}

TEST_CASE("Well-formed trace fields are the record's trace, others are attributes") {
  probe otlp(ctxlog::otlp_encoder());
  const auto ambient = ctxlog::with_fields(kv("trace_id", trace_id), kv("span_id", span_id));
  ctxlog::info("x", "trace_flags"_kv = "01");
  const log_record traced(otlp);
  CHECK(traced.get<std::string>("traceId") == trace_id);
  CHECK(traced.get<std::string>("spanId") == span_id);
  CHECK(traced.get<int>("flags") == 1);
  for (const char* key : {"trace_id", "span_id", "trace_flags"}) CHECK(traced.attribute(key) == "none");
  ctxlog::info("x", "trace_id"_kv = "x", "span_id"_kv = "00F067AA0BA902B7", "trace_flags"_kv = 256);
  const log_record other(otlp);
  for (const char* key : {"traceId", "spanId", "flags"}) CHECK_FALSE(other.has(key));
  CHECK(other.attribute("span_id") == R"({"stringValue":"00F067AA0BA902B7"})");
  CHECK(other.attribute("trace_flags") == R"({"intValue":"256"})");
}

TEST_CASE("An exception gives OpenTelemetry's attributes unless the application gave them") {
  probe otlp(ctxlog::otlp_encoder());
  ctxlog::error("x", "error"_kv = ctxlog::traced(std::runtime_error("gone")));
  const log_record derived(otlp);
  CHECK(derived.attribute("exception.type") == R"({"stringValue":"std::runtime_error"})");
  CHECK(derived.attribute("exception.message") == R"({"stringValue":"gone"})");
  CHECK(derived.attribute("exception.stacktrace")
            .starts_with(R"({"stringValue":"std::runtime_error: gone\n    at )"));
  CHECK(derived.attribute("error").starts_with(R"({"kvlistValue":)"));
  ctxlog::error("x", "error"_kv = std::runtime_error("gone"), "exception.type"_kv = "mine");
  CHECK(log_record(otlp).attribute("exception.type") == R"({"stringValue":"mine"})");
  CHECK(log_record(otlp).attribute("exception.message") == "none");
}

TEST_CASE("Attributes are unique and have names, whatever the fields are called") {
  probe otlp(ctxlog::otlp_encoder());
  ctxlog::info("x", "thread.id"_kv = 1, kv("", 2), "fields."_kv = 3, "code.line.number"_kv = 4);
  const log_record rec(otlp);
  CHECK(rec.attribute("thread.id") != "twice");
  CHECK(rec.attribute("fields.thread.id") == R"({"intValue":"1"})");
  CHECK(rec.attribute("fields.") == R"({"intValue":"2"})");
  CHECK(rec.attribute("fields.fields.") == R"({"intValue":"3"})");
  CHECK(rec.attribute("fields.code.line.number") == R"({"intValue":"4"})");
}

TEST_CASE("The resource is what the environment and the process say") {
  {
    const environment_variable name("OTEL_SERVICE_NAME", "checkout");
    const environment_variable rest("OTEL_RESOURCE_ATTRIBUTES",
                                    "service.name=other,a%20=b%20c,process.pid=1,a=1,a=2");
    probe otlp(ctxlog::otlp_encoder());
    ctxlog::info("x");
    const log_record rec(otlp);
    CHECK(rec.resource("service.name") == R"({"stringValue":"checkout"})");
    CHECK(rec.resource("a%20") == R"({"stringValue":"b c"})");
    CHECK(rec.resource("a") == R"({"stringValue":"2"})");
    CHECK(rec.resource("process.pid") == R"({"intValue":")" + std::to_string(::getpid()) + R"("})");
    CHECK(rec.resource("host.name") != "none");
  }
  probe otlp(ctxlog::otlp_encoder());
  ctxlog::info("x");
  CHECK(log_record(otlp).resource("service.name").starts_with(R"({"stringValue":"unknown_service:)"));
}
