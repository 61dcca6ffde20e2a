// The headers for calls to other services: who may have them, and what they say.
// SPDX-License-Identifier: MIT
#include "ctxlog/http/propagation.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <string>
#include <vector>

#include "logger.hpp"
#include "made_request.hpp"

namespace {

using ctxlog::http::header_list;
using ctxlog::http::propagation_headers;
using ctxlog::http::propagation_options;
using ctxlog::http::set_propagation;
using ctxlog::http::trace_parent;
using ctxlog::http::trust;
using http_test::made_request;

// The test's options, and the usual ones again after it.
class propagation : public logger_test::clean_logging {
 public:
  propagation() = default;
  ~propagation() { set_propagation({}); }

 protected:
  const std::string trace_ = "4bf92f3577b34da6a3ce929d0e0e4736";
  const std::shared_ptr<ctxlog::http::exchange> exchange_ = made_request{
      .headers = {{"X-Correlation-ID", "c-1"},
                  {"traceparent", "00-" + trace_ + "-00f067aa0ba902b7-03"},
                  {"tracestate", "a=1"},
                  {"tracestate", "b=2"},
                  {"baggage", "tenant=acme"}}}.begin({.baggage = {.trust = trust::all()}});
};

std::string header(const header_list& headers, std::string_view name) {
  std::string found;
  for (const auto& [key, value] : headers) {
    if (key != name) continue;
    CHECK(found.empty());
    found = value;
  }
  return found;
}

TEST_CASE_METHOD(propagation, "a call carries the request's id, trace, tracestate and baggage",
                 "[http-9][http-38][BL-17]") {
  const auto inside = exchange_->enter();
  const header_list headers = propagation_headers();
  CHECK(headers.size() == 4);
  CHECK(header(headers, "X-Correlation-ID") == "c-1");
  CHECK(header(headers, "tracestate") == "a=1,b=2");
  CHECK(header(headers, "baggage") == "tenant=acme");
  const auto parent = trace_parent::parse(header(headers, "traceparent"));
  REQUIRE(parent);
  CHECK(parent->trace_id.text() == trace_);
  CHECK(parent->flags == 3);
}

TEST_CASE_METHOD(propagation, "every call has a span id of its own", "[http-9]") {
  const auto inside = exchange_->enter();
  const auto first = trace_parent::parse(header(propagation_headers(), "traceparent"));
  const auto second = trace_parent::parse(header(propagation_headers(), "traceparent"));
  REQUIRE((first && second));
  CHECK(first->trace_id == second->trace_id);
  CHECK(first->span_id != second->span_id);
  CHECK(first->span_id != exchange_->ids().trace.span_id);
}

TEST_CASE_METHOD(propagation, "options leave out the id, the baggage, and traces without a request",
                 "[http-9]") {
  set_propagation({.request_id = false, .baggage = false, .start_trace = false});
  CHECK(propagation_headers().empty());
  const auto inside = exchange_->enter();
  const header_list headers = propagation_headers();
  CHECK(headers.size() == 2);
  CHECK(trace_parent::parse(header(headers, "traceparent")));
  CHECK(header(headers, "tracestate") == "a=1,b=2");
}

TEST_CASE_METHOD(propagation, "outside of a request a call starts a trace", "[http-9]") {
  const header_list first = propagation_headers(), second = propagation_headers();
  REQUIRE(first.size() == 1);
  const auto one = trace_parent::parse(header(first, "traceparent"));
  const auto other = trace_parent::parse(header(second, "traceparent"));
  REQUIRE((one && other));
  CHECK(one->trace_id != other->trace_id);
}

struct host_row {
  std::string host;
  bool may_know;
};

TEST_CASE_METHOD(propagation, "only hosts on the list learn of the request", "[http-9]") {
  set_propagation({.hosts = {"Inventory.internal", "*.Shop.test", "127.0.0.1"}});
  const auto row = GENERATE(values<host_row>({{"inventory.internal", true},
                                              {"INVENTORY.INTERNAL", true},
                                              {"a.shop.test", true},
                                              {"A.b.SHOP.test", true},
                                              {"127.0.0.1", true},
                                              {"shop.test", false},
                                              {".shop.test", false},
                                              {"evilshop.test", false},
                                              {"a.shop.test.evil", false},
                                              {"inventory.internal.evil", false},
                                              {"x.inventory.internal", false},
                                              {"127.0.0.10", false},
                                              {"", false}}));
  CAPTURE(row.host);
  const auto inside = exchange_->enter();
  CHECK(propagation_headers(row.host).empty() != row.may_know);
}

TEST_CASE_METHOD(propagation, "without a list every host may know, named or not", "[http-9]") {
  const auto inside = exchange_->enter();
  CHECK_FALSE(propagation_headers("anybody.test").empty());
  CHECK_FALSE(propagation_headers("").empty());
}

TEST_CASE_METHOD(propagation, "a debug line tells the span id of the call", "[http-38]") {
  const ctxlog::testing::capture records;
  const auto inside = exchange_->enter();
  const auto call = trace_parent::parse(header(propagation_headers("inventory.internal"), "traceparent"));
  REQUIRE(call);
  const auto told = records.only();
  CHECK(told.level == ctxlog::level::debug);
  CHECK(told.logger == "http.propagation");
  CHECK(told.message == "calling inventory.internal");
  CHECK(told.field<std::string>("server.address") == "inventory.internal");
  CHECK(told.field<std::string>("http.client.span_id") == call->span_id.text());
  CHECK(told.field<std::string>("span_id") == exchange_->ids().trace.span_id.text());
}

}  // namespace
