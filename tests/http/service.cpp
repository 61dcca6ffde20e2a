// The HTTP service of the examples: its request's id on every line, every response and every call it makes.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support.hpp"
#include "support/client_load.hpp"
#include "support/line_audit.hpp"

namespace {

using example::id_header;
using example::order_service;
using http_test::id_of;
using http_test::is_uuid_4;
using http_test::log_output;

httplib::Client connect(int port) {
  httplib::Client client("127.0.0.1", port);
  client.set_keep_alive(true);
  client.set_tcp_nodelay(true);
  return client;
}

httplib::Headers with_id(const std::string& id) { return {{id_header, id}}; }

// The middleware on a server of the test's own.
class test_server {
 public:
  httplib::Server server;

  void start() {
    example::install_request_context(server);
    server.set_tcp_nodelay(true);
    port = server.bind_to_any_port("127.0.0.1");
    accepting_ = std::thread([this] { server.listen_after_bind(); });
    while (!server.is_running()) std::this_thread::yield();
  }
  ~test_server() {
    server.stop();
    accepting_.join();
  }

  int port = 0;

 private:
  std::thread accepting_;
};

TEST_CASE("a client's id is on the response and on every line, also of pool and coroutine",
          "[BL-10][BL-11][BL-12]") {
  const log_output log;
  {
    const order_service service;
    // Header names are compared without case.
    const auto answer = connect(service.port()).Get("/orders/tea", {{"x-REQUEST-id", "req-1"}});
    REQUIRE(answer);
    CHECK(answer->status == 200);
    CHECK(answer->get_header_value_count(id_header) == 1);
    CHECK(answer->get_header_value(id_header) == "req-1");
  }
  const auto lines = log.lines();
  std::vector<std::string> messages;
  for (const auto& line : lines) {
    messages.push_back(line.get<std::string>("message"));
    CHECK(line.get<std::string>("request_id") == "req-1");
  }
  CHECK(messages == std::vector<std::string>{"order tea requested", "discount found", "price found",
                                             "stock counted", "GET /orders/tea -> 200"});
  // The handler, the pool and the coroutine ran on three threads.
  CHECK(lines[0].get<int>("thread") != lines[1].get<int>("thread"));
  CHECK(lines[0].get<int>("thread") != lines[3].get<int>("thread"));
  CHECK(lines[1].get<int>("thread") != lines[3].get<int>("thread"));
}

TEST_CASE("a request without an id gets a new UUID, the same on response and lines", "[BL-10]") {
  const log_output log;
  std::string id;
  {
    const order_service service;
    const auto answer = connect(service.port()).Get("/orders/tea");
    REQUIRE(answer);
    id = answer->get_header_value(id_header);
  }
  CHECK(is_uuid_4(id));
  CHECK(log.lines().size() == 5);
  for (const auto& line : log.lines()) CHECK(id_of(line) == id);
}

TEST_CASE("an access record says what was asked and what became of it", "[BL-11]") {
  const log_output log;
  {
    const order_service service;
    REQUIRE(connect(service.port()).Get("/nothing/here?secret=1", with_id("req-1")));
  }
  const auto records = log.access_records();
  REQUIRE(records.size() == 1);
  CHECK(records[0].get<std::string>("method") == "GET");
  CHECK(records[0].get<std::string>("path") == "/nothing/here");
  CHECK(records[0].get<int>("status") == 404);
  CHECK(records[0].get<double>("duration") >= 0);
  CHECK(records[0].get<std::string>("level") == "warn");
  CHECK(log.bytes().find("secret") == std::string::npos);
}

TEST_CASE("every kind of response on one kept connection carries its own request's id", "[BL-12][H10]") {
  const log_output log;
  struct step {
    std::string method, path;
    int status;
  };
  const std::vector<step> steps{{"GET", "/std", 500},         {"GET", "/good", 200},
                                {"OPTIONS", "/good", 404},    {"GET", "/missing", 404},
                                {"HEAD", "/good", 200},       {"DELETE", "/good", 404},
                                {"GET", "/other", 500},       {"HEAD", "/missing", 404},
                                {"OPTIONS", "/options", 200}, {"GET", "/good", 200}};
  {
    test_server own;
    own.server.Get("/good", [](const httplib::Request&, httplib::Response&) { ctxlog::info("handled"); });
    own.server.Options("/options", [](const httplib::Request&, httplib::Response&) {});
    own.server.Get("/std",
                   [](const httplib::Request&, httplib::Response&) { throw std::runtime_error("broken"); });
    own.server.Get("/other", [](const httplib::Request&, httplib::Response&) { throw 42; });
    own.server.set_keep_alive_max_count(100);
    own.start();
    auto client = connect(own.port);
    for (std::size_t i = 0; i != steps.size(); ++i) {
      httplib::Request request;
      request.method = steps[i].method;
      request.path = steps[i].path;
      request.headers = with_id("req-" + std::to_string(i));
      const auto answer = client.send(request);
      CAPTURE(i, request.method, request.path);
      REQUIRE(answer);
      CHECK(answer->status == steps[i].status);
      CHECK(answer->get_header_value_count(id_header) == 1);
      CHECK(answer->get_header_value(id_header) == "req-" + std::to_string(i));
    }
  }
  const auto records = log.access_records();
  REQUIRE(records.size() == steps.size());
  for (std::size_t i = 0; i != steps.size(); ++i) {
    CHECK(id_of(records[i]) == "req-" + std::to_string(i));
    CHECK(records[i].get<std::string>("method") == steps[i].method);
    CHECK(records[i].get<int>("status") == steps[i].status);
    // One thread served them all: the connection was kept.
    CHECK(records[i].get<int>("thread") == records[0].get<int>("thread"));
  }
  for (const auto& line : log.lines()) CHECK_FALSE(id_of(line).empty());
}

TEST_CASE("two requests sent at once are answered in order, each with its own id", "[H10]") {
  const log_output log;
  std::string answer;
  {
    const order_service service;
    // The library forgets what it read beyond a request, so the first one fills its 4096-byte buffer exactly.
    std::string first = "GET /orders/tea HTTP/1.1\r\nHost: a\r\nX-Request-ID: first\r\nX-Padding: ";
    first.append(4096 - 4 - first.size(), 'x').append("\r\n\r\n");
    const std::string second =
        "GET /nothing/here HTTP/1.1\r\nHost: a\r\nX-Request-ID: second\r\nConnection: close\r\n\r\n";
    answer = http_test::exchange_bytes(service.port(), first + second);
  }
  CHECK(http_test::header_values(answer, id_header) == std::vector<std::string>{"first", "second"});
  const auto records = log.access_records();
  REQUIRE(records.size() == 2);
  CHECK(id_of(records[0]) == "first");
  CHECK(id_of(records[1]) == "second");
}

TEST_CASE("hostile ids are replaced, and nothing of them comes back", "[BL-12][H11]") {
  struct hostile {
    std::string header_line, trace;
  };
  const std::vector<hostile> cases{
      {"X-Request-ID: ab%0d%0aSet-Cookie: stolen=1", "stolen"},  // decoded by the library
      {"X-Request-ID: ab%00stolen", "stolen"},
      {"X-Request-ID: stolen\x1b[31m", "stolen"},
      {"X-Request-ID: stolen\xc3\xa9", "stolen"},
      {"X-Request-ID: stolen\xff", "stolen"},
      {"X-Request-ID: " + std::string(129, 's'), "sss"},
      {"X-Request-ID: stolen-1\r\nX-Request-ID: stolen-2", "stolen"},
      {"X-Request-ID: ", "\r\nX-Request-ID: \r\n"},
  };
  for (const auto& [header_line, trace] : cases) {
    const log_output log;
    CAPTURE(header_line.substr(0, 60));
    std::string answer;
    {
      const order_service service;
      answer = http_test::exchange_bytes(
          service.port(),
          "GET /orders/tea HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + header_line + "\r\n\r\n");
    }
    const auto ids = http_test::header_values(answer, id_header);
    REQUIRE(ids.size() == 1);
    CHECK(is_uuid_4(ids[0]));
    CHECK(answer.find(trace) == std::string::npos);
    CHECK(log.bytes().find(trace) == std::string::npos);
    for (const auto& line : log.lines()) CHECK(id_of(line) == ids[0]);
    CHECK(log.access_records().size() == 1);
  }
}

TEST_CASE("a request refused before routing gets an id too", "[BL-12][H11]") {
  const log_output log;
  std::string id;
  {
    const order_service service;
    const auto answer =
        httplib::Client("127.0.0.1", service.port()).Get("/orders/tea", with_id(std::string(64 * 1024, 's')));
    REQUIRE(answer);
    CHECK(answer->status == 400);
    id = answer->get_header_value(id_header);
  }
  CHECK(is_uuid_4(id));
  const auto records = log.access_records();
  REQUIRE_FALSE(records.empty());  // the library may take the rest of the header for further requests
  CHECK(id_of(records[0]) == id);
  for (const auto& record : records) CHECK(is_uuid_4(id_of(record)));
  CHECK(log.bytes().find("sss") == std::string::npos);
}

TEST_CASE("nothing of a request stays on the thread for the next one", "[BL-13]") {
  const log_output log;
  {
    test_server own;
    own.server.Get("/leave", [](const httplib::Request&, httplib::Response&) {
      example::user_id.set("stays?");  // never reset
      throw std::runtime_error("and thrown out");
    });
    own.server.Get("/look", [](const httplib::Request&, httplib::Response&) { ctxlog::info("looking"); });
    own.start();
    auto client = connect(own.port);
    REQUIRE(client.Get("/leave", with_id("victim")));
    const auto answer = client.Get("/look");
    REQUIRE(answer);
    CHECK(is_uuid_4(answer->get_header_value(id_header)));
  }
  const auto lines = log.lines();
  REQUIRE(lines.size() == 4);
  CHECK(lines[1].get<std::string>("user_id") == "stays?");
  for (const std::size_t i : {2u, 3u}) {
    CHECK(lines[i].get<int>("thread") == lines[1].get<int>("thread"));
    CHECK(is_uuid_4(id_of(lines[i])));
    CHECK_FALSE(lines[i].has("user_id"));
  }
}

TEST_CASE("user and request are on the lines together", "[BL-16]") {
  const log_output log;
  {
    const order_service service;
    REQUIRE(connect(service.port()).Get("/orders/tea", {{id_header, "req-1"}, {"X-User", "ada"}}));
  }
  auto lines = log.lines();
  REQUIRE(lines.size() == 5);
  lines.pop_back();  // the access record: the user is known to the handler only
  for (const auto& line : lines) {
    CHECK(id_of(line) == "req-1");
    CHECK(line.get<std::string>("user_id") == "ada");
  }
}

TEST_CASE("a call to another service carries the id there", "[BL-17]") {
  const log_output log;
  {
    const order_service service;
    const auto answer = connect(service.port()).Get("/orders/tea/invoice", with_id("req-1"));
    REQUIRE(answer);
    CHECK(answer->body == "{\"tax\":38}\n");
  }
  CHECK(log.lines().size() == 4);
  for (const auto& line : log.lines()) CHECK(id_of(line) == "req-1");
  CHECK(example::outgoing_headers().empty());  // no request, no id
}

TEST_CASE("100 clients with 20 requests each on kept connections: 2000 right, none foreign",
          "[BL-15][ctx-51]") {
  const log_output log;
  std::vector<example::exchange> exchanges;
  {
    const order_service service;
    exchanges = example::run_clients(service.port(), 100, 20);
  }
  std::vector<example::observed_line> lines;
  for (const auto& line : log.lines()) {
    const std::string path = log_output::text_of(line, "path");
    lines.push_back({path.empty() ? line.get<std::string>("order") : example::order_in_path(path),
                     id_of(line), line.get<std::string>("logger") == "http.access"});
  }
  const auto result = example::audit(exchanges, lines);
  CHECK(result.answered == 2000);
  CHECK(result.wrong_status == 0);
  CHECK(result.wrong_response_ids == 0);
  CHECK(result.records == result.expected_records);
  CHECK(result.access_records == result.expected_access_records);
  CHECK(result.without_id == 0);
  CHECK(result.foreign == 0);
  CHECK(result.wrong_counts == 0);
  CHECK(lines.size() == static_cast<std::size_t>(result.expected_records));
  CHECK(ctxlog::mismatch_count() == 0);
}

TEST_CASE("the audit sees foreign, missing, lost and doubled lines and wrong responses", "[BL-15]") {
  using example::exchange;
  using example::nothing_there;
  const std::string new_id = ctxlog::http::new_request_id();
  const std::vector<exchange> exchanges{{&nothing_there, "c1r1", "one", "one", 404},
                                        {&nothing_there, "c2r1", "", new_id, 404}};
  const std::vector<example::observed_line> lines{{"c1r1", "one", true}, {"c2r1", new_id, true}};
  CHECK(example::audit(exchanges, lines).good(2));

  const auto audit_with = [&](std::size_t i, const example::observed_line& line) {
    auto changed = lines;
    changed.at(i) = line;
    return example::audit(exchanges, changed);
  };
  CHECK(audit_with(0, {"c1r1", new_id, true}).foreign == 1);
  CHECK(audit_with(1, {"c2r1", "", true}).without_id == 1);
  CHECK(audit_with(1, {"", "one", true}).foreign == 1);
  CHECK_FALSE(audit_with(1, {"", "", true}).good(2));
  CHECK_FALSE(audit_with(1, {"c2r1", new_id, false}).good(2));
  CHECK(audit_with(1, {"c1r1", "one", true}).wrong_counts == 2);

  auto doubled = lines;
  doubled.push_back(lines[0]);
  CHECK_FALSE(example::audit(exchanges, doubled).good(2));

  auto wrong = exchanges;
  wrong[0].received_id = "other";
  CHECK(example::audit(wrong, lines).wrong_response_ids == 1);
  wrong = exchanges;
  wrong[0].sent_id = "not valid", wrong[0].received_id = new_id;  // given twice
  CHECK(example::audit(wrong, lines).wrong_response_ids == 1);
  wrong = exchanges;
  wrong[1].status = 0;
  CHECK_FALSE(example::audit(wrong, lines).good(2));
}

}  // namespace
