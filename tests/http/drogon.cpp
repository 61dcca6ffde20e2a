// What is Drogon's alone: responses it keeps, requests it never answers, its coroutines, its WebSockets, its log.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <string>
#include <thread>
#include <vector>

#include "framework.hpp"

namespace {

using http_test::connection;
using http_test::framework;
using http_test::records;
using http_test::response;
using http_test::running_service;
using http_test::text_of;

std::string id_line(const std::string& id) { return "X-Request-ID: " + id + "\r\n"; }
std::string id_of(const strict_json::object& line) { return text_of(line, "request_id"); }

framework drogon() {
  const auto built = http_test::frameworks();
  const auto found =
      std::find_if(built.begin(), built.end(), [](const auto& f) { return f.name == "drogon"; });
  if (found == built.end()) SKIP("CMake finds no Drogon");
  return *found;
}

running_service start(std::vector<std::string> variables = {}) {
  return running_service(drogon(), "default", std::move(variables));
}

// Drogon's configuration that loads the adapter's plugin, as the variable that hands it to the service.
std::string plugin_variable(const std::string& config) {
  return R"(TEST_DROGON_CONFIG={"app": {"log": {"display_local_time": true}}, "plugins":
      [{"name": "ctxlog::drogon::plugin", "config": )" +
         config + "}]}";
}

records with_id(records all, const std::string& id) {
  std::erase_if(all, [&](const auto& line) { return id_of(line) != id; });
  return all;
}

// One request a client could make of what Drogon keeps, and what it answers.
struct kept {
  std::string target, headers;
  int status;
};

const std::vector<kept>& kept_responses() {
  static const std::vector<kept> all{{"/missing", "", 404},
                                     {"/cached", "", 200},
                                     {"/static/file.txt", "", 200},
                                     {"/static/file.txt", "Range: bytes=10-19\r\n", 206},
                                     {"/cached", "Accept-Encoding: gzip\r\n", 200},
                                     {"/static/file.txt", "Accept-Encoding: gzip\r\n", 200}};
  return all;
}

TEST_CASE("each of ten requests for the same missing page gets its own id", "[http-21]") {
  running_service service = start();
  connection client(service.port());
  for (int i = 0; i != 10; ++i) {
    const response answer = client.get("/missing", id_line("m-" + std::to_string(i)));
    CHECK(answer.status == 404);
    CHECK(answer.id() == "m-" + std::to_string(i));
    CHECK(answer.body.starts_with("<html>"));
  }
  CHECK(service.access_records().size() == 10);
}

TEST_CASE("what Drogon keeps is sent from there, with each request's own id and all else unchanged",
          "[http-21]") {
  running_service service = start();
  connection client(service.port());  // one loop, so one copy is kept
  for (int round = 0; round != 3; ++round) {
    CAPTURE(round);
    const std::string id = "r" + std::to_string(round);
    const response cached = client.get("/cached", id_line(id + "-cached"));
    CHECK(cached.id() == id + "-cached");
    CHECK(cached.body.starts_with("1 "));  // the handler was called once
    CHECK(cached.body.size() == 2000);
    CHECK(cached.header("content-type") == "text/plain; charset=utf-8");
    CHECK(cached.header("x-kept") == "yes");
    CHECK(cached.header("set-cookie").starts_with("kept=too"));
    CHECK(cached.header("content-length") == "2000");

    const response head = client.ask("HEAD", "/cached", id_line(id + "-head"));
    CHECK(head.id() == id + "-head");
    CHECK(head.header("content-length") == "2000");

    const response small = client.get("/cached", id_line(id + "-gzip") + "Accept-Encoding: gzip\r\n");
    CHECK(small.id() == id + "-gzip");
    CHECK(small.header("content-encoding") == "gzip");
    CHECK(small.body.size() < 1000);

    const response file = client.get("/static/file.txt", id_line(id + "-file"));
    CHECK(file.id() == id + "-file");
    CHECK(file.body == std::string(3000, 'x'));
    CHECK(file.header("content-type").starts_with("text/plain"));
    CHECK_FALSE(file.header("last-modified").empty());

    const response range = client.get("/static/file.txt", id_line(id + "-range") + "Range: bytes=10-19\r\n");
    CHECK(range.status == 206);
    CHECK(range.id() == id + "-range");
    CHECK(range.header("content-range") == "bytes 10-19/3000");
    CHECK(range.body == std::string(10, 'x'));
  }
  const response old = connection(service.port()).get("/cached", id_line("last") + "Connection: close\r\n");
  CHECK(old.id() == "last");
  CHECK(old.header("connection") == "close");
  CHECK(service.access_records().size() == 16);
  for (const auto& line : service.access_records()) {
    const bool range = id_of(line).ends_with("-range");
    const bool head = id_of(line).ends_with("-head"), file = id_of(line).ends_with("-file");
    CHECK(line.get<int>("http.response.body.size") == (range ? 10 : head ? 0 : file ? 3000 : 2000));
  }
}

TEST_CASE("requests for what Drogon keeps, sent at once, get their own ids in order", "[http-20][http-21]") {
  running_service service = start();
  connection client(service.port());
  std::string bytes;
  for (int i = 0; i != 30; ++i) {
    const kept& asked = kept_responses()[static_cast<std::size_t>(i) % kept_responses().size()];
    bytes += connection::request("GET", asked.target, asked.headers + id_line("p-" + std::to_string(i)));
  }
  // A slow answer before them: all of the others are rendered together.
  client.send(connection::request("GET", "/slow?ms=20", id_line("slow")) + bytes);
  CHECK(client.receive().id() == "slow");
  for (int i = 0; i != 30; ++i) CHECK(client.receive().id() == "p-" + std::to_string(i));
}

TEST_CASE("requests of many clients for what Drogon keeps get their own ids, on all loops", "[http-21]") {
  running_service service = start();
  std::atomic<int> wrong{0}, failed{0};
  {
    std::vector<std::jthread> clients;
    for (int number = 0; number != 8; ++number)
      clients.emplace_back([&, number] {
        try {
          connection client(service.port());
          for (int n = 0; n != 60; ++n) {
            const kept& asked = kept_responses()[static_cast<std::size_t>(n) % kept_responses().size()];
            const std::string id = "c" + std::to_string(number) + "-" + std::to_string(n);
            const response answer = client.get(asked.target, asked.headers + id_line(id));
            wrong += answer.id() != id || answer.status != asked.status;
          }
        } catch (const std::exception&) {
          ++failed;
        }
      });
  }
  CHECK(wrong == 0);
  CHECK(failed == 0);
  CHECK(service.access_records().size() == 8 * 60);
}

TEST_CASE("by option, what Drogon keeps is sent as it is, without an id", "[http-21]") {
  running_service service = start({plugin_variable(R"({"shared_response": "skip"})")});
  connection client(service.port());
  CHECK(client.get("/missing", id_line("s-1")).id().empty());
  CHECK(client.get("/cached", id_line("s-2")).id().empty());
  CHECK(client.get("/hello", id_line("s-3")).id() == "s-3");
  CHECK(service.access_records().size() == 3);
}

TEST_CASE("a request that is never answered has one record, when its client goes", "[http-17][http-23]") {
  const std::string path = GENERATE("/never", "/throw-int");
  running_service service = start();
  {
    connection client(service.port());
    client.send(connection::request("GET", path, id_line("n-1")));
    connection other(service.port());
    CHECK(other.get("/hello", id_line("n-2")).status == 200);
  }
  // A record that never comes must fail, not wait.
  int aborted = 0;
  connection asking(service.port());
  for (int asked = 0; aborted == 0 && asked != 10'000; ++asked)
    aborted = strict_json::parse(asking.get("/stats").body).get<int>("aborted");
  CHECK(aborted == 1);
  const auto all = with_id(service.access_records(), "n-1");
  REQUIRE(all.size() == 1);
  CHECK(text_of(all[0], "outcome") == "aborted");
  CHECK(text_of(all[0], "level") == "warn");
  CHECK(text_of(all[0], "http.route") == path);
  CHECK_FALSE(all[0].has("http.response.status_code"));
}

TEST_CASE("a request that waits when the server ends has its record", "[http-23]") {
  running_service service = start();
  connection client(service.port()), asking(service.port());
  client.send(connection::request("GET", "/never", id_line("n-1")));
  bool arrived = false;
  for (int asked = 1; !arrived && asked != 10'000; ++asked)
    arrived = strict_json::parse(asking.get("/stats").body).get<int>("requests") > asked;
  REQUIRE(arrived);
  const auto all = with_id(service.access_records(), "n-1");
  REQUIRE(all.size() == 1);
  CHECK(text_of(all[0], "outcome") == "aborted");
}

TEST_CASE("a request that is answered twice has one response and one record", "[http-36]") {
  running_service service = start();
  connection client(service.port());
  const response answer = client.get("/twice", id_line("t-1"));
  CHECK(answer.body == "first");
  CHECK(client.get("/hello", id_line("t-2")).body == "hello\n");
  CHECK(with_id(service.access_records(), "t-1").size() == 1);
  const auto complaints = service.lines("Sending more than 1 response for request. Ignoring later response");
  REQUIRE(complaints.size() == 1);
  CHECK(id_of(complaints[0]) == "t-1");
}

TEST_CASE("Drogon's own lines become records with level, source and the request's id", "[http-37]") {
  running_service service = start();
  connection client(service.port());
  client.get("/framework-line", id_line("own-1"));
  client.get("/throw", id_line("own-2"));
  const auto plain = service.lines("framework line");
  REQUIRE(plain.size() == 1);
  CHECK(id_of(plain[0]) == "own-1");
  CHECK(text_of(plain[0], "logger") == "trantor");
  CHECK(text_of(plain[0], "level") == "info");
  CHECK(text_of(plain[0], "file") == "drogon.cpp");
  const auto error = service.lines("Unhandled exception in /throw, what(): boom");
  REQUIRE(error.size() == 1);
  CHECK(id_of(error[0]) == "own-2");
  CHECK(text_of(error[0], "level") == "error");
}

TEST_CASE("a line of Drogon's log is taken apart, whatever of it is there", "[http-37]") {
  const bool local_time = GENERATE(false, true);
  running_service service = local_time ? start({plugin_variable("{}")}) : start();
  connection(service.port()).get("/framework-lines", id_line("l-1"));
  const std::vector<std::pair<std::string, std::string>> expected{
      {"warned - half:way", "warn"}, {"without source", "error"}, {"raw text", "info"}};
  for (const auto& [message, level] : expected) {
    CAPTURE(message);
    const auto found = service.lines(message);
    REQUIRE(found.size() == 1);
    CHECK(id_of(found[0]) == "l-1");
    CHECK(text_of(found[0], "level") == level);
    CHECK(text_of(found[0], "file") == (level == "warn" ? "drogon_routes.hpp" : ""));
  }
}

std::string masked_text_frame(const std::string& text) {
  const std::string mask = "abcd";
  std::string frame = "\x81";
  frame += static_cast<char>(0x80 | text.size());
  frame += mask;
  for (std::size_t i = 0; i != text.size(); ++i) frame += static_cast<char>(text[i] ^ mask[i % 4]);
  return frame;
}

TEST_CASE("the messages of a WebSocket are handled in the context of its handshake", "[http-24]") {
  running_service service = start();
  const std::string upgrade =
      "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  {
    connection first(service.port());
    const response answer = first.get("/socket", id_line("ws-1") + upgrade);
    CHECK(answer.status == 101);
    CHECK(answer.id() == "ws-1");
    connection second(service.port());
    CHECK(second.get("/socket", id_line("ws-2") + upgrade).id() == "ws-2");
    first.send(masked_text_frame("one") + masked_text_frame("two"));
    second.send(masked_text_frame("three"));
    CHECK(connection(service.port()).get("/socket-missing", id_line("ws-3") + upgrade).status == 404);
    service.wait_for("socket message\",\"request_id\":\"ws-1");
    service.wait_for("socket message\",\"request_id\":\"ws-2");
  }
  service.wait_for("socket closed\",\"request_id\":\"ws-1");
  service.wait_for("socket closed\",\"request_id\":\"ws-2");
  CHECK(with_id(service.lines("socket opened"), "ws-1").size() == 1);
  CHECK(with_id(service.lines("socket message"), "ws-1").size() == 2);
  CHECK(with_id(service.lines("socket message"), "ws-2").size() == 1);
  const auto handshakes = with_id(service.access_records(), "ws-1");
  REQUIRE(handshakes.size() == 1);
  CHECK(handshakes[0].get<int>("http.response.status_code") == 101);
  CHECK(text_of(handshakes[0], "outcome") == "upgraded");
  CHECK(with_id(service.access_records(), "ws-2").size() == 1);
  const auto missing = with_id(service.access_records(), "ws-3");
  REQUIRE(missing.size() == 1);
  CHECK(text_of(missing[0], "outcome") == "completed");
}

const std::vector<std::string> coroutine_kinds{"sleep", "loops", "exception", "client", "all"};

TEST_CASE("a coroutine of Drogon has its request's id after every co_await", "[http-27]") {
  running_service service = start();
  connection client(service.port());
  for (const std::string& kind : coroutine_kinds) {
    CAPTURE(kind);
    const response answer = client.get("/coroutine/" + kind, id_line("k-" + kind));
    CHECK(answer.id() == "k-" + kind);
    CHECK(answer.body == "right");
  }
  const auto stats = strict_json::parse(client.get("/stats").body);
  CHECK(stats.get<int>("leaks") == 0);
  CHECK(stats.get<int>("looks") > 0);
  // The calls of the coroutine had its id.
  CHECK(with_id(service.lines("hello"), "k-client").size() == 2);
}

TEST_CASE("coroutines of many requests at once have their own ids, and leave nothing on any loop",
          "[http-27][http-25]") {
  constexpr int clients = 8, requests_each = 50;
  running_service service = start();
  std::atomic<int> wrong{0}, failed{0};
  {
    std::vector<std::jthread> threads;
    for (int number = 0; number != clients; ++number)
      threads.emplace_back([&, number] {
        try {
          connection client(service.port());
          for (int n = 0; n != requests_each; ++n) {
            const auto& kind = coroutine_kinds[static_cast<std::size_t>(n) % coroutine_kinds.size()];
            const std::string id = "c" + std::to_string(number) + "-" + std::to_string(n);
            const response answer = client.get("/coroutine/" + kind, id_line(id));
            wrong += answer.id() != id || answer.body != "right";
          }
        } catch (const std::exception&) {
          ++failed;
        }
      });
  }
  CHECK(wrong == 0);
  CHECK(failed == 0);
  const auto stats = strict_json::parse(connection(service.port()).get("/stats").body);
  CHECK(stats.get<int>("leaks") == 0);
  CHECK(stats.get<int>("looks") > 0);
}

TEST_CASE("a coroutine that outlives its request keeps the id", "[http-27]") {
  running_service service = start();
  connection(service.port()).get("/detached", id_line("d-1"));
  service.wait_for("\"message\":\"detached\"");
  REQUIRE(service.lines("detached").size() == 1);
  CHECK(id_of(service.lines("detached")[0]) == "d-1");
}

TEST_CASE("an AsyncTask loses the id at its first co_await, unless that preserves it", "[http-27]") {
  running_service service = start();
  connection client(service.port());
  CHECK(client.get("/async-task", id_line("a-1")).body == "lost");
  CHECK(client.get("/async-task/preserved", id_line("a-2")).body == "kept");
}

TEST_CASE("Drogon's configuration alone installs the adapter", "[http-14]") {
  running_service service = start({plugin_variable(R"({"request_id_headers": ["X-Trace"], "query": true,
    "request_headers": ["Accept-Language"], "slow_ms": 20, "server_timing": true})")});
  connection client(service.port());
  const response answer = client.get("/slow?ms=30", "X-Trace: p-1\r\nAccept-Language: de\r\n");
  CHECK(answer.header("x-trace") == "p-1");
  CHECK(answer.header("server-timing").starts_with("trace;desc=00-"));
  client.get("/framework-line", "X-Trace: p-2\r\n");
  const auto all = with_id(service.access_records(), "p-1");
  REQUIRE(all.size() == 1);
  CHECK(text_of(all[0], "url.query") == "ms=30");
  CHECK(text_of(all[0], "level") == "warn");
  CHECK(all[0].text("http.request.header.accept-language") == "[\"de\"]");
  CHECK(with_id(service.lines("framework line"), "p-2").size() == 1);
}

TEST_CASE("a configuration that is not understood ends the program and is named", "[http-14]") {
  drogon();
  const std::vector<std::pair<std::string, std::string>> cases{
      {R"({"slow_ms": "fast"})", R"("slow_ms": expected a number of milliseconds, got "fast")"},
      {R"({"shared_response": "both"})", R"("shared_response": expected "copy" or "skip", got "both")"},
      {R"({"request_id_headers": []})", R"("request_id_headers": expected an array of strings, got [])"},
      {R"({"b3": 1})", R"("b3": expected true or false, got 1)"},
      {R"({"slow": 1})", R"(unknown key "slow")"}};
  for (const auto& [config, message] : cases) {
    CAPTURE(config);
    example::child_process process({CTXLOG_HTTP_SERVICES_DIR "/http_service_drogon", "default", "."},
                                   {"ENV=PROD", plugin_variable(config)});
    CHECK(process.finish() != 0);
    CHECK(process.err().find(message) != std::string::npos);
  }
}

}  // namespace
