// What is Crow's own: requests it answers unread, answers from other threads, wrapped routes, WebSockets.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <string>
#include <thread>
#include <vector>

#include "framework.hpp"
#include "uuid.hpp"

namespace {

using http_test::connection;
using http_test::records;
using http_test::response;
using http_test::running_service;
using http_test::text_of;

http_test::framework crow() {
  for (const auto& one : http_test::frameworks())
    if (one.name == "crow") return one;
  SKIP("ctxlog::crow is off");
  return {};
}

std::string id_line(const std::string& id) { return "X-Request-ID: " + id + "\r\n"; }
std::string id_of(const strict_json::object& line) { return text_of(line, "request_id"); }

std::size_t count_of(const records& all, const std::string& id) {
  return static_cast<std::size_t>(
      std::count_if(all.begin(), all.end(), [&](const auto& line) { return id_of(line) == id; }));
}

TEST_CASE("on Crow a request that is answered unread shows nothing of the one before it", "[http-19][H10]") {
  const std::string request = GENERATE("HEAD /missing", "OPTIONS /missing", "OPTIONS /hello", "GET /missing");
  CAPTURE(request);
  running_service service(crow(), "default", {"LOG_LEVEL=info,http.access=debug"});
  std::string id;
  {
    connection client(service.port());
    CHECK(client.get("/hello", id_line("before")).id() == "before");
    const auto space = request.find(' ');
    id = client.ask(request.substr(0, space), request.substr(space + 1), id_line("own")).id();
  }
  CHECK((id == "own" || http_test::is_uuid_4(id)));
  const auto all = service.access_records();
  REQUIRE(all.size() == 2);
  CHECK(id_of(all[0]) == "before");
  CHECK(id_of(all[1]) == id);
  CHECK(text_of(all[1], "url.path") == request.substr(request.find('/')));
}

TEST_CASE("on Crow several lines of a header are read in their order", "[http-39]") {
  running_service service(crow(), "proxies");
  connection(service.port())
      .get("/hello", "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 198.51.100.7, 10.0.0.3\r\n");
  CHECK(text_of(service.access_records().at(0), "client.address") == "198.51.100.7");
}

TEST_CASE("on Crow requests sent at once get their own ids, in order", "[http-20][H10]") {
  running_service service(crow());
  {
    connection client(service.port());
    client.send(connection::request("GET", "/hello", id_line("p-0")) +
                connection::request("GET", "/throw", id_line("p-1")) +
                connection::request("GET", "/scoped", id_line("p-2")) +
                connection::request("GET", "/wrapped/7", id_line("p-3")));
    for (int i = 0; i != 4; ++i) CHECK(client.receive().id() == "p-" + std::to_string(i));
  }
  const auto all = service.access_records();
  REQUIRE(all.size() == 4);
  for (std::size_t i = 0; i != 4; ++i) CHECK(id_of(all[i]) == "p-" + std::to_string(i));
}

TEST_CASE("on Crow a wrapped route has its template, and its handler the context to its last line",
          "[http-32][http-26]") {
  running_service service(crow());
  CHECK(connection(service.port()).get("/wrapped/7", id_line("w-1")).body == "7");
  CHECK(text_of(service.access_records().at(0), "http.route") == "/wrapped/<int>");
  for (const char* const message : {"wrapped", "after handle", "behind the answer"}) {
    REQUIRE(service.lines(message).size() == 1);
    CHECK(id_of(service.lines(message)[0]) == "w-1");
  }
}

TEST_CASE("on Crow a handler may answer with a variable bound", "[http-19]") {
  running_service service(crow());
  connection client(service.port());
  CHECK(client.get("/scoped", id_line("s-1")).id() == "s-1");
  CHECK(client.get("/hello", id_line("s-2")).id() == "s-2");
  CHECK(text_of(service.lines("scoped").at(0), "user") == "ann");
  CHECK_FALSE(service.lines("hello").at(0).has("user"));
  CHECK(service.finish().size() ==
        4);  // and no scope ended in another context: that would have ended the service
}

TEST_CASE("on Crow the framework's line about an exception carries the id", "[http-37]") {
  running_service service(crow());
  connection(service.port()).get("/throw", id_line("t-1"));
  const auto lines = service.lines("An uncaught exception occurred: boom");
  REQUIRE(lines.size() == 1);
  CHECK(id_of(lines[0]) == "t-1");
  CHECK(text_of(lines[0], "logger") == "crow");
  CHECK(text_of(lines[0], "level") == "error");
}

TEST_CASE("on Crow a right to answer that nobody uses answers with 500", "[http-23]") {
  running_service service(crow());
  const response answer = connection(service.port()).get("/lost", id_line("l-1"));
  CHECK(answer.status == 500);
  CHECK(answer.id() == "l-1");
  REQUIRE(service.access_records().size() == 1);
  CHECK(text_of(service.access_records()[0], "level") == "error");
  // The handler is not a wrapped one: its context has left the thread all the same.
  CHECK(id_of(service.lines("not answered").at(0)).empty());
}

TEST_CASE("on Crow a request is answered once, whatever its handler does", "[http-36]") {
  running_service service(crow());
  connection client(service.port());
  CHECK(client.get("/twice", id_line("d-1")).status == 500);
  CHECK(client.get("/hello", id_line("d-2")).body == "hello\n");
  REQUIRE(service.access_records().size() == 2);
  CHECK(count_of(service.access_records(), "d-1") == 1);
}

std::string handshake(const std::string& target, const std::string& id) {
  return connection::request("GET", target,
                             id_line(id) +
                                 "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
}

TEST_CASE("on Crow a WebSocket has one record, and its messages the context that was kept for them",
          "[http-24]") {
  running_service service(crow());
  {
    connection client(service.port());
    client.send(handshake("/ws", "ws-1"));
    CHECK(client.receive().status == 101);
    client.send(std::string("\x81\x82\0\0\0\0hi", 8));
    service.wait_for("message in context");
  }
  service.wait_for("closed");
  REQUIRE(service.access_records().size() == 1);
  CHECK(text_of(service.access_records()[0], "outcome") == "upgraded");
  CHECK(service.access_records()[0].get<int>("http.response.status_code") == 101);
  CHECK(id_of(service.access_records()[0]) == "ws-1");
  CHECK(id_of(service.lines("opened").at(0)) == "ws-1");
  CHECK(id_of(service.lines("message in context").at(0)) == "ws-1");
  CHECK(id_of(service.lines("plain message").at(0)).empty());
}

TEST_CASE("on Crow a handshake that goes nowhere is not recorded as upgraded", "[http-24]") {
  const std::string target = GENERATE("/ws?refuse=1", "/hello", "/missing");
  CAPTURE(target);
  running_service service(crow());
  {
    connection client(service.port());
    client.send(handshake(target, "ws-1"));
    if (!client.closed()) CHECK(client.receive().status >= 400);  // newer releases say why
  }
  REQUIRE(service.access_records().size() == 1);
  CHECK(id_of(service.access_records()[0]) == "ws-1");
  CHECK(text_of(service.access_records()[0], "outcome") ==
        (target == "/ws?refuse=1" ? "rejected" : "aborted"));
}

TEST_CASE("on Crow a request behind one that is not answered yet goes, and the other has its one record",
          "[http-20][http-29]") {
  running_service service(crow());
  {
    connection client(service.port());
    client.send(connection::request("GET", "/slow?ms=20", id_line("first")) +
                connection::request("GET", "/hello", id_line("second")));
    service.wait_for("/slow");
  }
  CHECK(count_of(service.access_records(), "first") == 1);
  CHECK(count_of(service.access_records(), "second") <= 1);
}

// Asks for /thread and /slow in turn; every third time nobody waits for the answer, every seventh another request follows at once.
void ask_deferred(int port, int client, int requests, std::atomic<int>& wrong) {
  for (int n = 0; n != requests; ++n) {
    const std::string id = "d" + std::to_string(client) + "-" + std::to_string(n);
    connection one(port);
    std::string bytes = connection::request("GET", n % 2 == 0 ? "/thread" : "/slow?ms=2", id_line(id));
    const bool pipelined = n % 7 == 3;
    if (pipelined) bytes += connection::request("GET", "/hello", id_line(id + "-next"));
    one.send(bytes);
    if (n % 3 == 0 || pipelined) continue;
    wrong += one.receive().id() != id;
  }
}

TEST_CASE("on Crow 600 answers from other threads reach their clients, with a third of these gone",
          "[http-25][http-29][http-35]") {
  constexpr int clients = 20, requests = 30;
  running_service service(crow());
  std::atomic<int> wrong{0}, failures{0};
  {
    std::vector<std::jthread> threads;
    for (int client = 0; client != clients; ++client)
      threads.emplace_back([&, client] {
        try {
          ask_deferred(service.port(), client, requests, wrong);
        } catch (const std::exception&) {
          ++failures;
        }
      });
  }
  CHECK(failures == 0);
  CHECK(wrong == 0);
  for (int client = 0; client != clients; ++client)
    for (int n = 0; n != requests; ++n)
      service.wait_for("-> 200\",\"template\":\"{} {} -> {}\",\"request_id\":\"d" + std::to_string(client) +
                       "-" + std::to_string(n) + "\"");
  const auto stats = strict_json::parse(connection(service.port()).get("/stats").body);
  CHECK(stats.get<int>("leaks") == 0);
  CHECK(stats.get<int>("looks") > 0);
  const auto all = service.access_records();
  for (int client = 0; client != clients; ++client)
    for (int n = 0; n != requests; ++n) {
      const std::string id = "d" + std::to_string(client) + "-" + std::to_string(n);
      if (count_of(all, id) != 1) FAIL_CHECK(id << " has " << count_of(all, id) << " records");
    }
  for (const auto& line : service.lines("idle")) CHECK(id_of(line).empty());
}

// When this fails Crow is mended, and defer() needs no longer keep the connection.
TEST_CASE("Crow alone does not survive an answer from another thread", "[http-29]") {
  crow();
#ifndef __SANITIZE_ADDRESS__
  SKIP("only AddressSanitizer sees it every time");
#endif
  example::child_process service({CTXLOG_HTTP_SERVICES_DIR "/http_service_crow"}, {"ENV=PROD"});
  const int port = std::stoi(service.wait_for("\"message\":\"listening on "));
  {
    connection client(port);
    client.send(connection::request("GET", "/plain-end"));
    CHECK_FALSE(service.wait_for("ERROR: AddressSanitizer: ").empty());
  }
  CHECK(service.finish() != 0);
}

}  // namespace
