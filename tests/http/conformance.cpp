// One client's script for every framework: what a request's lines, response and access record say.
// SPDX-License-Identifier: MIT
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <catch2/matchers/catch_matchers_vector.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "framework.hpp"
#include "uuid.hpp"

namespace {

using http_test::connection;
using http_test::framework;
using http_test::frameworks;
using http_test::records;
using http_test::response;
using http_test::running_service;
using http_test::text_of;

framework any_framework() { return GENERATE(from_range(frameworks())); }

std::string id_line(const std::string& id) { return "X-Request-ID: " + id + "\r\n"; }
std::string id_of(const strict_json::object& line) { return text_of(line, "request_id"); }

records with_id(records all, const std::string& id) {
  std::erase_if(all, [&](const auto& line) { return id_of(line) != id; });
  return all;
}

TEST_CASE("a client's id is on the response, on the handler's line and on the access record",
          "[http-14][BL-10][BL-11][BL-12]") {
  running_service service(any_framework());
  const response answer = connection(service.port()).get("/hello", "x-REQUEST-id: req-1\r\n");
  CHECK(answer.status == 200);
  CHECK(answer.body == "hello\n");
  CHECK(answer.id() == "req-1");
  REQUIRE(service.lines("hello").size() == 1);
  CHECK(id_of(service.lines("hello")[0]) == "req-1");
  REQUIRE(service.access_records().size() == 1);
  CHECK(id_of(service.access_records()[0]) == "req-1");
}

TEST_CASE("a request without an id gets a new one, the same in all places", "[http-15][BL-10]") {
  running_service service(any_framework());
  const std::string id = connection(service.port()).get("/hello").id();
  CHECK(http_test::is_uuid_4(id));
  CHECK(service.finish().size() == 2);
  for (const auto& line : service.finish()) CHECK(id_of(line) == id);
}

TEST_CASE("another header may bring the id, and the response uses its name", "[BL-10]") {
  running_service service(any_framework());
  const response answer = connection(service.port()).get("/hello", "X-Correlation-ID: c-1\r\n");
  CHECK(answer.header("x-correlation-id") == "c-1");
  CHECK(answer.id().empty());
  CHECK(id_of(service.access_records().at(0)) == "c-1");
}

TEST_CASE("nothing of a hostile id reaches a header or a line", "[http-16][H11]") {
  const framework on = any_framework();
  const std::string mark = "evil-mark";
  const std::vector<std::string> hostile{mark + "\n" + mark,
                                         mark + "\rX-Evil: 1",
                                         mark + std::string(1, '\0') + mark,
                                         mark + "\x1b[31m",
                                         mark + "\xff",
                                         mark + "%0d%0aX-Evil: 1",
                                         mark + " " + mark,
                                         mark + std::string(129, 'x'),
                                         mark + std::string(70'000, 'x'),
                                         mark + "\"}{\"a\":\"",
                                         mark + "<script>",
                                         mark + "\x7f"};
  running_service service(on);
  std::size_t served = 0;
  for (const std::string& id : hostile) {
    connection client(service.port());
    client.send(connection::request("GET", "/hello", id_line(id)));
    response answer;
    try {
      answer = client.receive();
    } catch (const std::runtime_error&) {
      continue;  // refused by the server itself, which closes the connection
    }
    CAPTURE(answer.status);
    for (const auto& [name, value] : answer.headers) {
      CHECK(name.find("evil") == name.npos);
      CHECK(value.find(mark) == value.npos);
    }
    if (answer.status != 200) continue;
    ++served;
    CHECK(http_test::is_uuid_4(answer.id()));
  }
  REQUIRE(served > 0);
  service.finish();
  CHECK(service.output().find(mark) == std::string::npos);
  std::size_t faulty = 0;
  for (const auto& record : service.access_records()) {
    const std::string fault = text_of(record, "request_id.rejected");
    if (fault.empty()) continue;
    ++faulty;
    CHECK((fault == "charset" || fault == "length"));
  }
  CHECK(faulty > 0);  // some parsers leave out a line that they do not understand
}

TEST_CASE("an id in two lines is no id", "[http-16][H11]") {
  const framework on = any_framework();
  if (!on.sees_repeated_lines) SKIP(on.name + " keeps one of several lines of a header");
  running_service service(on);
  CHECK(http_test::is_uuid_4(connection(service.port()).get("/hello", id_line("one") + id_line("two")).id()));
  CHECK(text_of(service.access_records().at(0), "request_id.rejected") == "repeated");
}

TEST_CASE("by policy, a request with a faulty id is answered with 400 and no handler", "[http-16]") {
  running_service service(any_framework(), "reject");
  connection client(service.port());
  const response answer = client.get("/hello", id_line("not an id"));
  CHECK(answer.status == 400);
  CHECK(http_test::is_uuid_4(answer.id()));
  CHECK(client.get("/hello", id_line("good")).status == 200);
  client.close();
  CHECK(service.lines("hello").size() == 1);
  REQUIRE(service.access_records().size() == 2);
  CHECK(text_of(service.access_records()[0], "outcome") == "rejected");
  CHECK(service.access_records()[0].get<int>("http.response.status_code") == 400);
}

TEST_CASE("by policy, what is valid of a faulty id is kept", "[http-16]") {
  running_service service(any_framework(), "sanitize");
  CHECK(connection(service.port()).get("/hello", id_line("not <an> id")).id() == "notanid");
}

TEST_CASE("an exception makes one access record, an error that names it", "[http-17]") {
  const framework on = any_framework();
  running_service service(on);
  connection client(service.port());
  CHECK(client.get("/throw", id_line("t-1")).status == 500);
  CHECK(client.get("/hello", id_line("t-2")).id() == "t-2");
  client.close();
  const auto all = with_id(service.access_records(), "t-1");
  REQUIRE(all.size() == 1);
  CHECK(text_of(all[0], "level") == "error");
  CHECK(all[0].get<int>("http.response.status_code") == 500);
  CHECK(text_of(all[0], "error.type") == (on.names_errors ? "std::runtime_error" : "500"));
  REQUIRE(service.lines("about to throw").size() == 1);
  CHECK(id_of(service.lines("about to throw")[0]) == "t-1");
}

TEST_CASE("an exception that is no std::exception makes one access record too", "[http-17]") {
  const framework on = any_framework();
  if (!on.answers_throw_int)
    SKIP(on.name + " never answers after such an exception; its own tests cover the record");
  running_service service(on);
  const response answer = connection(service.port()).get("/throw-int", id_line("t-1"));
  CHECK(answer.status == 500);
  CHECK(answer.id() == "t-1");
  REQUIRE(service.access_records().size() == 1);
  CHECK(text_of(service.access_records()[0], "level") == "error");
}

struct step {
  std::string method, target;
  std::vector<int> statuses;  // frameworks differ in what a method they have no handler for is
};

TEST_CASE("every kind of response carries its own request's id and has one record, on one kept connection",
          "[http-18][http-19][BL-12][BL-13][H10]") {
  const std::vector<step> steps{{"GET", "/hello", {200}},
                                {"GET", "/missing", {404}},
                                {"HEAD", "/missing", {404}},
                                {"GET", "/users/7", {200}},
                                {"OPTIONS", "/hello", {200, 204, 403, 404, 405}},
                                {"OPTIONS", "/missing", {204, 404, 405}},
                                {"POST", "/hello", {404, 405}},
                                {"HEAD", "/hello", {200}},
                                {"GET", "/throw", {500}},
                                {"GET", "/static/file.txt", {200}},
                                {"GET", "/redirect", {302}},
                                {"GET", "/denied", {403}},
                                {"DELETE", "/missing", {404, 405}},
                                {"GET", "/hello", {200}}};
  const framework on = any_framework();
  running_service service(on, "default", {"LOG_LEVEL=info,http.access=debug"});
  std::vector<response> answers;
  {
    std::optional<connection> client(std::in_place, service.port());
    for (std::size_t i = 0; i != steps.size(); ++i) {
      CAPTURE(steps[i].method, steps[i].target);
      const std::string id = "step-" + std::to_string(i);
      const response answer = client->ask(steps[i].method, steps[i].target, id_line(id));
      CHECK_THAT(steps[i].statuses, Catch::Matchers::VectorContains(answer.status));
      const bool unread = http_test::answered_unread(on, answer);
      CHECK((answer.id() == id || (unread && http_test::is_uuid_4(answer.id()))));
      answers.push_back(answer);
      if (unread) client.emplace(service.port());
    }
  }
  const auto all = service.access_records();
  REQUIRE(all.size() == steps.size());
  for (std::size_t i = 0; i != steps.size(); ++i) {
    CAPTURE(steps[i].method, steps[i].target);
    CHECK(id_of(all[i]) == answers[i].id());
    CHECK(text_of(all[i], "http.request.method") == steps[i].method);
    CHECK(text_of(all[i], "url.path") == steps[i].target);
    CHECK(all[i].get<int>("http.response.status_code") == answers[i].status);
    CHECK(text_of(all[i], "outcome") == "completed");
  }
}

TEST_CASE("requests sent at once on one connection get their own ids, in order", "[http-20]") {
  const framework on = any_framework();
  if (!on.pipelines) SKIP(on.name + " loses requests that are sent before the last one is answered");
  running_service service(on);
  {
    connection client(service.port());
    client.send(connection::request("GET", "/slow?ms=20", id_line("p-0")) +
                connection::request("GET", "/hello", id_line("p-1")) +
                connection::request("GET", "/hello", id_line("p-2")) +
                connection::request("GET", "/missing", id_line("p-3")));
    for (int i = 0; i != 4; ++i) CHECK(client.receive().id() == "p-" + std::to_string(i));
  }
  for (int i = 0; i != 4; ++i) CHECK(with_id(service.access_records(), "p-" + std::to_string(i)).size() == 1);
}

TEST_CASE("work on other threads carries the id where it was bound, and no id where it was not",
          "[http-25][http-26]") {
  running_service service(any_framework());
  CHECK(connection(service.port()).get("/thread", id_line("w-1")).id() == "w-1");
  CHECK(connection(service.port()).get("/callback", id_line("w-2")).id() == "w-2");
  REQUIRE(service.lines("on another thread").size() == 1);
  CHECK(id_of(service.lines("on another thread")[0]) == "w-1");
  REQUIRE(service.lines("idle").size() == 1);
  CHECK(id_of(service.lines("idle")[0]).empty());
  REQUIRE(service.lines("bound callback").size() == 1);
  CHECK(id_of(service.lines("bound callback")[0]) == "w-2");
  REQUIRE(service.lines("plain callback").size() == 1);
  CHECK(id_of(service.lines("plain callback")[0]).empty());
  CHECK(service.access_records().size() == 2);
}

TEST_CASE("work that outlives its request keeps the id", "[FA-09]") {
  running_service service(any_framework());
  {
    connection client(service.port());
    CHECK(client.get("/background", id_line("b-1")).id() == "b-1");
    CHECK(client.get("/release", id_line("b-2")).id() == "b-2");
  }
  REQUIRE(service.lines("background").size() == 1);
  CHECK(id_of(service.lines("background")[0]) == "b-1");
}

TEST_CASE("the routes that test themselves pass", "[DR-12][DR-13]") {
  running_service service(any_framework());
  for (const std::string route : {"/api/test-async-context", "/api/test-thread-context"}) {
    const auto verdict = strict_json::parse(connection(service.port()).get(route, id_line("v-1")).body);
    CAPTURE(route, verdict.text());
    CHECK(verdict.get<std::string>("test_status") == "PASS");
    CHECK(verdict.get<bool>("all_context_preserved"));
    CHECK(verdict.size("results") == 3);
  }
}

TEST_CASE("the duration is the request's, as long as its handler's at least", "[http-30]") {
  running_service service(any_framework());
  connection(service.port()).get("/slow?ms=30");
  CHECK(service.access_records().at(0).get<double>("duration_ms") >= 30);
}

TEST_CASE("the size of the body is known unless it is a stream", "[http-31]") {
  running_service service(any_framework());
  connection client(service.port());
  CHECK(client.ask("POST", "/echo", {}, "12345").body == "12345");
  CHECK(client.get("/stream").body.size() == 3000);
  client.close();
  const auto all = service.access_records();
  REQUIRE(all.size() == 2);
  CHECK(all[0].get<int>("http.response.body.size") == 5);
  CHECK(all[0].get<int>("http.request.body.size") == 5);
  CHECK_FALSE(all[1].has("http.response.body.size"));
}

TEST_CASE("the route is a template, and absent where there is none", "[http-32]") {
  const framework on = any_framework();
  running_service service(on);
  connection client(service.port());
  client.get("/users/42");
  client.get("/missing");
  client.close();
  const auto all = service.access_records();
  REQUIRE(all.size() == 2);
  CHECK(text_of(all[0], "http.route").find("42") == std::string::npos);
  CHECK(all[0].has("http.route") == on.knows_routes);
  CHECK_FALSE(all[1].has("http.route"));
}

TEST_CASE("fields that a handler adds are in its own access record and in no other", "[http-33]") {
  running_service service(any_framework());
  {
    connection client(service.port());
    client.get("/fields?user=ann");
    client.get("/hello");
  }
  const auto all = service.access_records();
  REQUIRE(all.size() == 2);
  CHECK(text_of(all[0], "user") == "ann");
  CHECK_FALSE(all[1].has("user"));
  CHECK_FALSE(service.lines("hello").at(0).has("user"));
}

TEST_CASE("callbacks skip, raise, choose levels and add fields", "[http-34]") {
  running_service service(any_framework(), "callbacks");
  connection client(service.port());
  client.get("/hello");
  client.get("/slow?ms=60");
  client.get("/fields?user=ann");
  client.get("/users/1");
  client.close();
  const auto all = service.access_records();
  REQUIRE(all.size() == 3);  // /hello is at debug, which PROD leaves out
  CHECK(text_of(all[0], "level") == "warn");
  CHECK(text_of(all[1], "level") == "critical");
  CHECK(text_of(all[2], "level") == "info");
  CHECK(all[2].get<int>("path_size") == 8);
}

TEST_CASE("a service that is called goes on with the id and the trace", "[http-38][BL-17]") {
  const framework on = any_framework();
  running_service inventory(on), gateway(on, "default", {"LOG_LEVEL=info,http.propagation=debug"});
  const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736", caller = "00f067aa0ba902b7";
  const response answer =
      connection(gateway.port())
          .get("/call?port=" + std::to_string(inventory.port()) + "&path=/hello",
               id_line("chain-1") + "traceparent: 00-" + trace + "-" + caller + "-01\r\ntracestate: v=1\r\n");
  CHECK(answer.body == "hello\n");
  const auto first = gateway.access_records().at(0), second = inventory.access_records().at(0);
  CHECK(id_of(first) == "chain-1");
  CHECK(id_of(second) == "chain-1");
  CHECK(text_of(first, "trace_id") == trace);
  CHECK(text_of(second, "trace_id") == trace);
  CHECK(text_of(first, "parent_span_id") == caller);
  const auto told = gateway.lines("calling 127.0.0.1");
  REQUIRE(told.size() == 1);
  CHECK(text_of(second, "parent_span_id") == text_of(told[0], "http.client.span_id"));
  CHECK(text_of(told[0], "span_id") == text_of(first, "span_id"));
}

TEST_CASE("what strangers say of themselves is not used, but told", "[http-39]") {
  running_service service(any_framework(), "untrusted");
  const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  const response answer =
      connection(service.port())
          .get("/hello",
               id_line("theirs") + "traceparent: 00-" + trace +
                   "-00f067aa0ba902b7-01\r\nbaggage: tenant=evil\r\nX-Forwarded-For: 192.0.2.1\r\n");
  CHECK(http_test::is_uuid_4(answer.id()));
  const auto record = service.access_records().at(0);
  CHECK(id_of(record) == answer.id());
  CHECK(text_of(record, "client.request_id") == "theirs");
  CHECK(text_of(record, "trace_id") != trace);
  CHECK(text_of(record, "client.trace_id") == trace);
  CHECK(text_of(record, "client.address") == "127.0.0.1");
  CHECK(service.output().find("evil") == std::string::npos);
}

TEST_CASE("trusted proxies say who the client is, and bring baggage", "[http-39]") {
  const framework on = any_framework();
  running_service service(on, "proxies");
  connection client(service.port());
  const std::vector<std::pair<std::string, std::string>> cases{
      {"X-Forwarded-For: 192.0.2.1, 198.51.100.7, 10.0.0.3\r\n", "198.51.100.7"},
      {"X-Forwarded-For: 192.0.2.1, garbage, 10.0.0.3\r\n", "10.0.0.3"},
      {"Forwarded: for=192.0.2.60;proto=http, for=\"[2001:db8:cafe::17]:4711\"\r\n", "2001:db8:cafe::17"},
      {"", "127.0.0.1"}};
  for (const auto& [headers, expected] : cases)
    client.get("/hello", headers + "baggage: tenant=acme,other=1\r\n");
  client.close();
  const auto all = service.access_records();
  REQUIRE(all.size() == cases.size());
  for (std::size_t i = 0; i != cases.size(); ++i) CHECK(text_of(all[i], "client.address") == cases[i].second);
  CHECK(text_of(service.lines("hello").at(0), "baggage.tenant") == "acme");
  CHECK_FALSE(service.lines("hello").at(0).has("baggage.other"));
}

TEST_CASE("headers are logged from a list, credentials never, and secrets of the query are replaced",
          "[http-40]") {
  running_service service(any_framework(), "headers");
  const response answer = connection(service.port())
                              .get("/hello?sig=s3cret&page=2",
                                   "Accept-Language: de\r\nAuthorization: Bearer s3cret\r\nCookie: "
                                   "id=s3cret\r\nX-Api-Key: s3cret\r\nReferer: unlisted\r\n");
  const auto record = service.access_records().at(0);
  CHECK(record.text("http.request.header.accept-language") == "[\"de\"]");
  CHECK(record.text("http.request.header.authorization") == "[\"REDACTED\"]");
  CHECK(record.text("http.request.header.cookie") == "[\"REDACTED\"]");
  CHECK(record.text("http.request.header.x-api-key") == "[\"REDACTED\"]");
  CHECK(text_of(record, "url.query") == "sig=REDACTED&page=2");
  CHECK(text_of(record, "client.address") == "127.0.0.0");
  CHECK(answer.header("server-timing") ==
        "trace;desc=00-" + text_of(record, "trace_id") + "-" + text_of(record, "span_id") + "-02");
  CHECK(service.output().find("s3cret") == std::string::npos);
  CHECK(service.output().find("unlisted") == std::string::npos);
}

TEST_CASE("callbacks that throw change nothing", "[http-41]") {
  running_service service(any_framework(), "throwing");
  const response answer = connection(service.port()).get("/hello", id_line("theirs"));
  CHECK(answer.status == 200);
  CHECK(http_test::is_uuid_4(answer.id()));  // a predicate that throws trusts nobody
  REQUIRE(service.access_records().size() == 1);
  CHECK(text_of(service.access_records()[0], "level") == "info");
}

TEST_CASE("the access record speaks ECS or Google Cloud", "[http-34]") {
  const framework on = any_framework();
  running_service elastic(on, "ecs"), google(on, "gcp");
  connection(elastic.port()).get("/hello");
  connection(google.port()).get("/hello", "User-Agent: test\r\n");
  const auto ecs = elastic.access_records().at(0);
  CHECK(ecs.get<int>("http.response.body.bytes") == 6);
  CHECK(ecs.get<int>("event.duration") > 0);
  CHECK(text_of(ecs, "url.domain") == "shop.test");
  CHECK(ecs.get<int>("url.port") == 8080);
  const auto gcp = google.access_records().at(0);
  CHECK(gcp.get<std::string>("httpRequest", "requestMethod") == "GET");
  CHECK(gcp.get<std::string>("httpRequest", "requestUrl") == "http://shop.test:8080/hello");
  CHECK(gcp.get<int>("httpRequest", "status") == 200);
  CHECK(gcp.get<std::string>("httpRequest", "latency").back() == 's');
  CHECK(gcp.get<std::string>("httpRequest", "userAgent") == "test");
}

TEST_CASE("the framework's own lines carry the id", "[http-37]") {
  const framework on = any_framework();
  if (!on.logs_itself) SKIP(on.name + " has no log of its own");
  running_service service(on);
  connection(service.port()).get("/framework-line", id_line("own-1"));
  REQUIRE(service.lines("framework line").size() == 1);
  CHECK(id_of(service.lines("framework line")[0]) == "own-1");
}

TEST_CASE("a client that went away leaves one record of what became of it", "[http-22]") {
  const framework on = any_framework();
  running_service service(on);
  {
    connection gone(service.port());
    gone.send(connection::request("GET", "/slow?ms=100", id_line("gone-1")));
  }
  service.wait_for("/slow");
  const auto all = service.access_records();
  REQUIRE(all.size() == 1);
  CHECK(id_of(all[0]) == "gone-1");
  CHECK(text_of(all[0], "outcome") == (on.sees_aborts ? "aborted" : "completed"));
}

}  // namespace
