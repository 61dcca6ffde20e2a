// The order service of the examples: pool, coroutine, calls to itself, and the audit of its lines under load.
// SPDX-License-Identifier: MIT
#include <cstddef>
#include <string>
#include <vector>

#include "support.hpp"
#include "support/client_load.hpp"
#include "support/line_audit.hpp"

namespace {

using example::order_service;
using http_test::id_of;
using http_test::log_output;

httplib::Client connect(int port) {
  httplib::Client client("127.0.0.1", port);
  client.set_keep_alive(true);
  client.set_tcp_nodelay(true);
  client.set_read_timeout(30);  // a slow machine takes longer than the five seconds that are the default
  return client;
}

const std::string id_header(ctxlog::http::request_id_header);

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
    const auto answer = connect(service.port()).Get("/orders/tea/invoice", {{id_header, "req-1"}});
    REQUIRE(answer);
    CHECK(answer->body == "{\"tax\":38}\n");
  }
  CHECK(log.lines().size() == 4);
  for (const auto& line : log.lines()) CHECK(id_of(line) == "req-1");
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
    const std::string path = log_output::text_of(line, "url.path");
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
