// An exchange without a framework: one record, its content by options, and a context that outlives it.
// SPDX-License-Identifier: MIT
#include "ctxlog/http/exchange.hpp"

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "logger.hpp"
#include "made_request.hpp"
#include "strict_json.hpp"
#include "uuid.hpp"

namespace {

using ctxlog::level;
using ctxlog::http::exchange;
using ctxlog::http::id_policy;
using ctxlog::http::options;
using ctxlog::http::outcome;
using ctxlog::http::trust;
using ctxlog::testing::capture;
using ctxlog::testing::captured_record;
using http_test::answer;
using http_test::made_request;
using logger_test::clean_logging;
using namespace ctxlog::literals;

const std::string theirs_trace = "4bf92f3577b34da6a3ce929d0e0e4736", theirs_span = "00f067aa0ba902b7";

std::string text(const captured_record& record, std::string_view key) {
  return record.has(key) ? record.field<std::string>(key) : std::string();
}

TEST_CASE_METHOD(clean_logging, "an exchange makes one record, whoever ends it first", "[http-18][http-36]") {
  const capture records;
  {
    const auto one = made_request().begin();
    CHECK_FALSE(one->finished());
    CHECK(one->finish({.status = 201}));
    CHECK(one->finished());
    CHECK_FALSE(one->finish({.status = 500}));
    CHECK_FALSE(one->finish({.outcome = outcome::aborted}));
  }
  CHECK(records.only().field<int>("http.response.status_code") == 201);
  CHECK(records.only().logger == "http.access");
  CHECK(text(records.only(), "outcome") == "completed");
}

TEST_CASE_METHOD(clean_logging, "an exchange that nobody ends is recorded as aborted", "[http-22][http-23]") {
  const capture records;
  const auto before = ctxlog::http::stats();
  made_request().begin().reset();
  CHECK(text(records.only(), "outcome") == "aborted");
  CHECK_FALSE(records.only().has("http.response.status_code"));
  CHECK(records.only().level == level::warn);
  CHECK(records.only().message == "GET /orders: aborted");
  CHECK(ctxlog::http::stats().requests == before.requests + 1);
  CHECK(ctxlog::http::stats().aborted == before.aborted + 1);
}

// Meets the other thread: both go on within nanoseconds when they have a core each.
void meet(std::atomic<int>& arrived, int expected) {
  ++arrived;
  for (int spins = 0; arrived < expected; ++spins)
    if (spins > 10'000) std::this_thread::yield();
}

TEST_CASE_METHOD(clean_logging, "threads that race to end an exchange make one record", "[http-35]") {
  constexpr int racers = 2, rounds = 20'000;
  std::atomic<int> recorded{0}, winners{0}, arrived{0};
  const options chosen{.access = {.level = [&](const auto&, level) {
                         ++recorded;
                         return level::off;
                       }}};
  std::vector<std::shared_ptr<exchange>> all;
  for (int round = 0; round != rounds; ++round) all.push_back(made_request().begin(chosen));
  {
    std::vector<std::jthread> threads;
    for (int racer = 0; racer != racers; ++racer)
      threads.emplace_back([&] {
        for (int round = 0; round != rounds; ++round) {
          meet(arrived, racers * (round + 1));
          winners += all[static_cast<std::size_t>(round)]->finish({.status = 200});
        }
      });
  }
  all.clear();
  CHECK(winners == rounds);
  CHECK(recorded == rounds);
}

TEST_CASE_METHOD(clean_logging,
                 "fields that a handler adds are in the access record, later ones quietly lost",
                 "[http-33]") {
  const capture records;
  const auto one = made_request().begin();
  {
    const auto inside = one->enter();
    ctxlog::http::add_to_access_record("user"_kv = "ann", "items"_kv = 3);
  }
  one->finish({.status = 200});
  one->add("late"_kv = true);
  CHECK(text(records.only(), "user") == "ann");
  CHECK(records.only().field<int>("items") == 3);
  CHECK_FALSE(records.only().has("late"));
  ctxlog::http::add_to_access_record("nowhere"_kv = 1);  // outside of a request: nothing to add to
}

TEST_CASE_METHOD(clean_logging, "a thread works for the request while it is inside, and for nobody after",
                 "[BL-13]") {
  const capture records;
  const auto one = made_request{.headers = {{"X-Request-ID", "req-1"}}}.begin();
  CHECK_FALSE(ctxlog::context::current());
  {
    const auto inside = one->enter();
    CHECK(exchange::current() == one);
    CHECK(ctxlog::http::current_correlation()->request_id == "req-1");
    ctxlog::info("inside");
  }
  CHECK_FALSE(ctxlog::context::current());
  CHECK(exchange::current() == nullptr);
  CHECK(ctxlog::http::current_correlation() == nullptr);
  CHECK(text(records.only(), "request_id") == "req-1");
  CHECK(text(records.only(), "trace_id") == one->ids().trace.trace_id.text());
  CHECK(text(records.only(), "span_id") == one->ids().trace.span_id.text());
  CHECK(text(records.only(), "trace_flags") == "02");
}

TEST_CASE_METHOD(clean_logging, "the context adds to the one it begins with", "[BL-13]") {
  static constinit ctxlog::context_var<int> shard{"shard"};
  const auto bound = shard.bind(7);
  const auto one = made_request().begin({}, ctxlog::context::current());
  CHECK(*shard.find(one->context()) == 7);
}

TEST_CASE_METHOD(clean_logging, "work that outlives the request keeps its ids and does not hold it",
                 "[FA-09]") {
  const capture records;
  auto one = made_request{.headers = {{"X-Request-ID", "req-1"}}}.begin();
  const ctxlog::context kept = one->context();
  const std::weak_ptr<exchange> held = one;
  one->finish({.status = 200});
  one.reset();
  CHECK(held.expired());
  kept.run([] {
    CHECK(exchange::current() == nullptr);
    CHECK(ctxlog::http::current_correlation()->request_id == "req-1");
    ctxlog::http::add_to_access_record("late"_kv = 1);
    ctxlog::info("background");
  });
  REQUIRE(records.size() == 2);
  CHECK(text(records.last(), "request_id") == "req-1");
}

TEST_CASE_METHOD(clean_logging, "an id that is no id is replaced, refused or mended, by policy",
                 "[http-16][H11]") {
  const std::string hostile =
      GENERATE(values<std::string>({"a\nb", "a\rb", std::string("a\0b", 3), "a\x1b[31mb", "a\xff", "a%0d%0ab",
                                    "a b", "a\"b", "<b>", "a\x7f", "", std::string(129, 'a')}));
  const made_request request{.headers = {{"X-Request-ID", hostile}}};
  const bool too_long = hostile.empty() || hostile.size() > ctxlog::http::max_request_id_size;
  CAPTURE(hostile);
  const auto begun = [&](id_policy policy) { return request.begin({.request_id = {.on_fault = policy}}); };

  const capture records;
  const auto replaced = begun(id_policy::replace);
  CHECK(http_test::is_uuid_4(replaced->ids().request_id));
  CHECK_FALSE(replaced->rejected());
  replaced->finish({.status = 200});
  CHECK(text(records.last(), "request_id.rejected") == (too_long ? "length" : "charset"));
  CHECK(records.last().field<std::size_t>("request_id.rejected_size") == hostile.size());
  if (!hostile.empty()) CHECK(records.last().line.find(hostile) == std::string::npos);

  CHECK(begun(id_policy::reject)->rejected());
  CHECK(http_test::is_uuid_4(begun(id_policy::reject)->ids().request_id));

  const auto mended = begun(id_policy::sanitize);
  CHECK_FALSE(mended->rejected());
  CHECK(ctxlog::http::is_valid_request_id(mended->ids().request_id));
  CHECK(http_test::is_uuid_4(mended->ids().request_id) == hostile.empty());
}

TEST_CASE_METHOD(clean_logging, "several lines with an id are none, under every policy", "[http-16][H11]") {
  const made_request request{.headers = {{"X-Request-ID", "one"}, {"X-Request-ID", "two"}}};
  const capture records;
  for (const auto policy : {id_policy::replace, id_policy::reject, id_policy::sanitize}) {
    const auto one = request.begin({.request_id = {.on_fault = policy}});
    CHECK(http_test::is_uuid_4(one->ids().request_id));
    CHECK(one->rejected() == (policy == id_policy::reject));
    one->finish({.status = 200});
    CHECK(text(records.last(), "request_id.rejected") == "repeated");
  }
}

TEST_CASE_METHOD(clean_logging, "the id goes back under the name it came in, unless nobody is to see it",
                 "[http-14]") {
  using headers = std::vector<std::pair<std::string, std::string>>;
  const auto sent = [](const exchange& one) {
    headers result;
    one.for_each_response_header(
        [&](const std::string& name, const std::string& value) { result.emplace_back(name, value); });
    return result;
  };
  const made_request request{.headers = {{"X-Correlation-ID", "c-1"}}};
  CHECK(sent(*request.begin()) == headers{{"X-Correlation-ID", "c-1"}});
  CHECK(sent(*request.begin({.request_id = {.echo = false}})).empty());
  const auto timed = request.begin({.request_id = {.echo = false}, .trace = {.server_timing = true}});
  CHECK(sent(*timed) == headers{{"server-timing", "trace;desc=" + timed->ids().trace.text()}});
  const made_request amazon{.headers = {{"X-Amzn-Trace-Id", "Root=1-67891233-abcdef;Sampled=1"}}};
  CHECK(amazon.begin({.request_id = {.headers = {"X-Amzn-Trace-Id"}}})->ids().request_id ==
        "1-67891233-abcdef");
}

TEST_CASE_METHOD(clean_logging, "a generator's ids are used when they are ids", "[http-15]") {
  const auto generated = [](std::function<std::string()> generate) {
    return made_request().begin({.request_id = {.generate = std::move(generate)}})->ids().request_id;
  };
  CHECK(generated([] { return "mine-1"; }) == "mine-1");
  CHECK(http_test::is_uuid_4(generated([] { return "not\nmine"; })));
  CHECK(http_test::is_uuid_4(generated([]() -> std::string { throw 42; })));
}

made_request with_everything() {
  return {.headers = {{"X-Request-ID", "theirs"},
                      {"traceparent", "00-" + theirs_trace + "-" + theirs_span + "-01"},
                      {"tracestate", "vendor=1"},
                      {"baggage", "tenant=acme"},
                      {"X-Forwarded-For", "192.0.2.1, 198.51.100.7, 10.0.0.3"}}};
}

TEST_CASE_METHOD(clean_logging,
                 "a stranger's id, trace, baggage and address are believed each by its own policy",
                 "[http-39]") {
  const capture records;
  const auto trusting = with_everything().begin();
  CHECK(trusting->ids().request_id == "theirs");
  CHECK(trusting->ids().trace.trace_id.text() == theirs_trace);
  CHECK(trusting->ids().trace.span_id.text() != theirs_span);
  CHECK(trusting->ids().trace.sampled());
  CHECK(trusting->ids().parent_span_id->text() == theirs_span);
  CHECK(trusting->ids().trace_state.text() == "vendor=1");
  CHECK(trusting->ids().baggage.empty());  // by default
  trusting->finish({.status = 200});
  CHECK(text(records.last(), "parent_span_id") == theirs_span);
  CHECK(text(records.last(), "client.address") == "203.0.113.9");

  const auto doubting =
      with_everything().begin({.request_id = {.trust = trust::none()}, .trace = {.trust = trust::none()}});
  CHECK(http_test::is_uuid_4(doubting->ids().request_id));
  CHECK(doubting->ids().trace.trace_id.text() != theirs_trace);
  CHECK_FALSE(doubting->ids().parent_span_id);
  CHECK(doubting->ids().trace_state.empty());
  doubting->finish({.status = 200});
  CHECK(text(records.last(), "client.request_id") == "theirs");
  CHECK(text(records.last(), "client.trace_id") == theirs_trace);
}

TEST_CASE_METHOD(clean_logging, "trusted proxies bring baggage and name the client", "[http-39]") {
  const trust proxies = trust::networks({"203.0.113.0/24", "10.0.0.0/8"});
  const options chosen{.baggage = {.trust = proxies, .fields = {"tenant"}}, .forwarded = proxies};
  const capture records;
  answer(with_everything(), chosen);
  CHECK(text(records.last(), "client.address") == "198.51.100.7");
  CHECK(text(records.last(), "network.peer.address") == "203.0.113.9");
  CHECK(text(records.last(), "baggage.tenant") == "acme");

  made_request direct = with_everything();
  direct.peer = "192.0.2.200";
  answer(direct, chosen);
  CHECK(text(records.last(), "client.address") == "192.0.2.200");
  CHECK_FALSE(records.last().has("baggage.tenant"));

  options masked = chosen;
  masked.access.mask_client = true;
  answer(with_everything(), masked);
  CHECK(text(records.last(), "client.address") == "198.51.100.0");
  CHECK_FALSE(records.last().has("network.peer.address"));

  direct.peer = "192.0.2.0";
  answer(direct, masked);
  CHECK(text(records.last(), "client.address") == "192.0.2.0");
  CHECK_FALSE(records.last().has("network.peer.address"));
}

TEST_CASE_METHOD(clean_logging, "a faulty traceparent starts a trace, without tracestate", "[http-1]") {
  const auto before = ctxlog::http::stats().faulty_traces;
  made_request request = with_everything();
  request.headers[1].second = "00-" + theirs_trace + "-" + theirs_span + "-0g";
  const auto one = request.begin();
  CHECK(one->ids().trace.trace_id.text() != theirs_trace);
  CHECK(one->ids().trace_state.empty());
  CHECK(ctxlog::http::stats().faulty_traces == before + 1);
}

TEST_CASE_METHOD(clean_logging, "B3 headers continue a trace when they are asked for", "[http-6]") {
  const made_request request{.headers = {{"b3", theirs_trace + "-" + theirs_span + "-1"}}};
  CHECK(request.begin()->ids().trace.trace_id.text() != theirs_trace);
  const auto one = request.begin({.trace = {.b3 = true}});
  CHECK(one->ids().trace.trace_id.text() == theirs_trace);
  CHECK(one->ids().parent_span_id->text() == theirs_span);
}

TEST_CASE_METHOD(clean_logging, "long paths, user agents and methods are cut, with a mark", "[http-40]") {
  const capture records;
  answer({.path = "/" + std::string(5000, 'p'),
          .query = "q=" + std::string(5000, 'q'),
          .headers = {{"User-Agent", std::string(1000, 'u')}, {"X-Long", std::string(1000, 'l')}}},
         {.access = {.query = true, .request_headers = {"X-Long"}}});
  const auto record = records.only();
  CHECK(text(record, "url.path") == "/" + std::string(2047, 'p') + "\u2026(+2953 bytes)");
  CHECK(text(record, "url.query") == "q=" + std::string(1022, 'q') + "\u2026(+3978 bytes)");
  CHECK(text(record, "user_agent.original") == std::string(256, 'u') + "\u2026(+744 bytes)");
  answer({.method = std::string(40, 'M')});
  CHECK(text(records.last(), "http.request.method") == "_OTHER");
  CHECK(text(records.last(), "http.request.method_original") == std::string(32, 'M') + "\u2026(+8 bytes)");
}

TEST_CASE_METHOD(clean_logging, "the query is left out, or its secrets are", "[http-40]") {
  struct row {
    std::string given, shown;
  };
  const row tried =
      GENERATE(values<row>({{"sig=s3cret", "sig=REDACTED"},
                            {"a=1&sig=s3cret&b=2", "a=1&sig=REDACTED&b=2"},
                            {"X-Amz-Signature=s3cret&X-Amz-Date=1", "X-Amz-Signature=REDACTED&X-Amz-Date=1"},
                            {"sig=&sig=s3cret", "sig=REDACTED&sig=REDACTED"},
                            {"Sig=shown&sign=shown&sig", "Sig=shown&sign=shown&sig"},
                            {"&&=&sig=a=b", "&&=&sig=REDACTED"},
                            {"%73ig=shown", "%73ig=shown"}}));
  CAPTURE(tried.given);
  const capture records;
  answer({.query = tried.given}, {.access = {.query = true}});
  CHECK(text(records.last(), "url.query") == tried.shown);
  answer({.query = tried.given});
  CHECK_FALSE(records.last().has("url.query"));
  CHECK(records.last().line.find("s3cret") == std::string::npos);
}

TEST_CASE_METHOD(clean_logging, "headers are shown from a list, and credentials never", "[http-40]") {
  const capture records(logger_test::as_json());
  answer({.headers = {{"Accept", "text/html"},
                      {"Accept", "text/plain"},
                      {"COOKIE", "s3cret"},
                      {"Authorization", "Bearer s3cret"},
                      {"Referer", "unlisted"}}},
         {.access = {.request_headers = {"Accept", "COOKIE", "Authorization", "Missing"}}});
  const auto record = strict_json::parse(records.only().line);
  CHECK(record.text("http.request.header.accept") == "[\"text/html\",\"text/plain\"]");
  CHECK(record.text("http.request.header.cookie") == "[\"REDACTED\"]");
  CHECK(record.text("http.request.header.authorization") == "[\"REDACTED\"]");
  CHECK_FALSE(record.has("http.request.header.missing"));
  CHECK(records.only().line.find("s3cret") == std::string::npos);
  CHECK(records.only().line.find("unlisted") == std::string::npos);
}

TEST_CASE_METHOD(clean_logging, "the host is the server's address, with its port when it says one",
                 "[http-34]") {
  struct row {
    std::string host, address;
    int port;
  };
  const row tried = GENERATE(values<row>({{"shop.test", "shop.test", 0},
                                          {"shop.test:8080", "shop.test", 8080},
                                          {"[2001:db8::1]:443", "2001:db8::1", 443},
                                          {"[2001:db8::1]", "2001:db8::1", 0},
                                          {"shop.test:http", "shop.test", 0},
                                          {"shop.test:99999", "shop.test", 0}}));
  CAPTURE(tried.host);
  const capture records;
  answer({.headers = {{"Host", tried.host}}});
  CHECK(text(records.only(), "server.address") == tried.address);
  CHECK(records.only().has("server.port") == (tried.port != 0));
  if (tried.port != 0) CHECK(records.only().field<int>("server.port") == tried.port);
}

TEST_CASE_METHOD(clean_logging, "ECS and Google Cloud have keys of their own", "[http-34]") {
  const made_request request{
      .query = "page=2",
      .headers = {{"Host", "[2001:db8::1]:8443"}, {"User-Agent", "test"}, {"Content-Length", "3"}}};
  const capture records(logger_test::as_json());
  options chosen{.access = {.keys = ctxlog::http::ecs_keys, .query = true}};
  request.begin(chosen)->finish({.status = 200, .body_size = 5});
  const auto ecs = strict_json::parse(records.last().line);
  CHECK(ecs.get<std::string>("client.ip") == "203.0.113.9");
  CHECK(ecs.get<int>("source.port") == 4711);
  CHECK(ecs.get<std::string>("http.version") == "1.1");
  CHECK(ecs.get<std::string>("url.domain") == "2001:db8::1");
  CHECK(ecs.get<int>("url.port") == 8443);
  CHECK(ecs.get<int>("http.request.body.bytes") == 3);
  CHECK(ecs.get<int>("http.response.body.bytes") == 5);
  CHECK(ecs.get<std::int64_t>("event.duration") > 0);
  CHECK_FALSE(ecs.has("duration_ms"));

  chosen.access.keys = ctxlog::http::google_cloud_keys;
  const auto one = request.begin(chosen);
  one->set_route("/orders");
  one->finish({.status = 200, .body_size = 5});
  const auto gcp = strict_json::parse(records.last().line);
  CHECK(gcp.keys("httpRequest") == std::vector<std::string>{"requestMethod", "requestUrl", "status",
                                                            "latency", "remoteIp", "protocol", "userAgent",
                                                            "requestSize", "responseSize"});
  CHECK(gcp.get<std::string>("httpRequest", "requestUrl") == "http://[2001:db8::1]:8443/orders?page=2");
  CHECK(gcp.get<std::string>("httpRequest", "protocol") == "HTTP/1.1");
  CHECK(gcp.get<std::string>("http.route") == "/orders");
}

TEST_CASE_METHOD(clean_logging, "no key of an access record needs to be looked for among those of the ids",
                 "[http-42]") {
  const auto keys =
      GENERATE(ctxlog::http::opentelemetry_keys, ctxlog::http::ecs_keys, ctxlog::http::google_cloud_keys);
  std::vector<std::uint64_t> bits;
  ctxlog::add_sink(logger_test::calling([&](const ctxlog::record& rec, std::string_view) {
    for (const auto& run : rec.runs()) bits.push_back(run.keys);
  }));
  const made_request request{
      .query = "page=2", .headers = {{"Host", "shop:8443"}, {"User-Agent", "test"}, {"Content-Length", "3"}}};
  request.begin({.access = {.keys = keys, .query = true}})
      ->finish({.status = 500, .body_size = 5, .route = "/orders"});
  REQUIRE(bits.size() == 2);
  CHECK((bits[0] & bits[1]) == 0);
}

TEST_CASE_METHOD(clean_logging, "the route that is known last counts", "[http-32]") {
  const capture records;
  const auto one = made_request().begin();
  one->set_route("/orders/{id}");
  SECTION("as it was set") {
    one->finish({.status = 200});
    CHECK(text(records.only(), "http.route") == "/orders/{id}");
  }
  SECTION("as it is told at the end") {
    one->finish({.status = 200, .route = "/orders"});
    CHECK(text(records.only(), "http.route") == "/orders");
  }
}

struct level_row {
  std::string method;
  int status;
  outcome what;
  bool failed;
  level expected;
};

std::ostream& operator<<(std::ostream& out, const level_row& row) {
  return out << row.method << ' ' << row.status << (row.failed ? " failed" : "");
}

TEST_CASE_METHOD(clean_logging, "the level tells what became of the request", "[http-34]") {
  const auto row = GENERATE(values<level_row>({
      {"GET", 200, outcome::completed, false, level::info},
      {"GET", 302, outcome::completed, false, level::info},
      {"GET", 400, outcome::completed, false, level::warn},
      {"GET", 404, outcome::completed, false, level::warn},
      {"GET", 429, outcome::completed, false, level::info},
      {"GET", 499, outcome::completed, false, level::warn},
      {"GET", 500, outcome::completed, false, level::error},
      {"GET", 503, outcome::completed, false, level::error},
      {"GET", 200, outcome::completed, true, level::error},
      {"GET", 0, outcome::aborted, false, level::warn},
      {"GET", 200, outcome::aborted, false, level::warn},
      {"GET", 101, outcome::upgraded, false, level::info},
      {"GET", 400, outcome::rejected, false, level::warn},
      {"OPTIONS", 204, outcome::completed, false, level::debug},
      {"OPTIONS", 405, outcome::completed, false, level::warn},
      {"OPTIONS", 500, outcome::completed, false, level::error},
  }));
  CAPTURE(row);
  const capture records;
  const auto one = made_request{.method = row.method}.begin();
  if (row.failed) one->set_error(std::make_exception_ptr(std::runtime_error("boom")));
  one->finish({.status = row.status, .outcome = row.what});
  CHECK(records.only().level == row.expected);
  CHECK(text(records.only(), "error.type") == (row.failed          ? "std::runtime_error"
                                               : row.status >= 500 ? std::to_string(row.status)
                                                                   : ""));
}

TEST_CASE_METHOD(clean_logging, "skipping, slowness and a callback change the level, in this order",
                 "[http-34]") {
  const capture records;
  const auto skip_all = [](const auto&) { return true; };
  answer({}, {.access = {.skip = skip_all}});
  CHECK(records.last().level == level::debug);
  answer({}, {.access = {.skip = skip_all, .slow = std::chrono::nanoseconds(1)}});
  CHECK(records.last().level == level::info);
  answer({}, {.access = {.slow = std::chrono::nanoseconds(1)}});
  CHECK(records.last().level == level::warn);
  answer({}, {.access = {.slow = std::chrono::hours(1)}});
  CHECK(records.last().level == level::info);
  level seen{};
  answer({}, {.access = {.slow = std::chrono::nanoseconds(1), .level = [&](const auto&, level so_far) {
                           seen = so_far;
                           return level::critical;
                         }}});
  CHECK(seen == level::warn);
  CHECK(records.last().level == level::critical);
  const auto before = records.size();
  answer({}, {.access = {.level = [](const auto&, auto) { return level::off; }}});
  CHECK(records.size() == before);
  made_request().begin({.access = {.skip = skip_all}})->finish({.status = 500});
  CHECK(records.last().level == level::error);
}

TEST_CASE_METHOD(clean_logging, "callbacks see the request, and add fields beside the handler's",
                 "[http-34]") {
  const capture records;
  const auto one = made_request{.method = "POST"}.begin(
      {.access = {.enrich = [](const ctxlog::http::access_view& seen, ctxlog::field_set& fields) {
         fields.set("seen", std::string(seen.method) + " " + std::string(seen.path) + " " +
                                std::string(seen.route) + " " + std::to_string(seen.status));
         fields.set("handler", "changed");
       }}});
  one->set_route("/o/{id}");
  one->add("handler"_kv = "own", "other"_kv = 1);
  one->finish({.status = 201});
  CHECK(text(records.only(), "seen") == "POST /orders /o/{id} 201");
  CHECK(text(records.only(), "handler") == "changed");
  CHECK(records.only().field<int>("other") == 1);
}

TEST_CASE_METHOD(clean_logging, "callbacks that throw have no say, and are counted", "[http-41]") {
  const auto before = ctxlog::stats().patch_errors;
  const capture records;
  answer({.headers = {{"X-Request-ID", "theirs"}}},
         {.request_id = {.generate = []() -> std::string { throw std::runtime_error("generate"); },
                         .trust = trust::predicate([](const auto&) -> bool { throw 42; })},
          .access = {.skip = [](const auto&) -> bool { throw std::runtime_error("skip"); },
                     .level = [](const auto&, auto) -> level { throw 42; },
                     .enrich = [](const auto&, auto&) { throw std::runtime_error("enrich"); }}});
  CHECK(records.only().level == level::info);
  CHECK(http_test::is_uuid_4(text(records.only(), "request_id")));
  CHECK(ctxlog::stats().patch_errors == before + 5);
}

}  // namespace
