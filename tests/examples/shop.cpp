// The shop on each framework: its users get what they ask for, and every line of it knows its request.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <catch2/generators/catch_generators_range.hpp>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "../http/connection.hpp"
#include "strict_json.hpp"
#include "support.hpp"

namespace {

using http_test::connection;
using http_test::response;

std::vector<std::string> built_shops() {
  std::istringstream names(CTXLOG_SHOPS);
  return {std::istream_iterator<std::string>(names), {}};
}

std::string any_shop() { return GENERATE(from_range(built_shops())); }

// The field as text, empty when it is not there.
std::string text_of(const strict_json::object& line, std::string_view key) {
  return line.has(key) ? line.get<std::string>(key) : std::string();
}

std::string id_line(const std::string& id) { return "X-Request-ID: " + id + "\r\n"; }

class running_shop {
 public:
  explicit running_shop(const std::string& framework, std::vector<std::string> arguments = {})
      : process_(command(framework, std::move(arguments)), {"ENV=PROD"}) {
    const std::string port = process_.wait_for("http://127.0.0.1:");
    REQUIRE_FALSE(port.empty());
    port_ = std::stoi(port);
  }

  int port() const { return port_; }

  /// Ends it, the first time it is called; the records with that request id.
  std::vector<strict_json::object> finish(const std::string& id) {
    const int status = process_.finish();
    INFO(process_.err());
    REQUIRE(status == 0);
    auto lines = strict_json::parse_lines(process_.out());
    std::erase_if(lines, [&](const auto& line) { return text_of(line, "request_id") != id; });
    return lines;
  }

 private:
  static std::vector<std::string> command(const std::string& framework, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), CTXLOG_EXAMPLES_DIR "/shop/" + framework);
    return arguments;
  }

  example::child_process process_;
  int port_ = 0;
};

std::vector<std::string> messages_of(const std::vector<strict_json::object>& lines) {
  std::vector<std::string> messages;
  for (const auto& line : lines) messages.push_back(line.get<std::string>("message"));
  return messages;
}

TEST_CASE("an order's lines have one id, from the client to the bank and the response", "[BL-10][http-14]") {
  const std::string framework = any_shop();
  CAPTURE(framework);
  running_shop shop(framework);
  {
    connection client(shop.port());
    const response placed =
        client.ask("POST", "/orders", id_line("order-1"), R"({"item_id":1,"quantity":2})");
    CHECK(placed.status == 201);
    CHECK(placed.id() == "order-1");
    CHECK(strict_json::parse(placed.body).get<int>("total") == 8);
    const response found = client.get("/orders/1", id_line("order-2"));
    CHECK(found.status == 200);
    CHECK(found.id() == "order-2");
    CHECK(found.body == placed.body);
  }
  const auto lines = shop.finish("order-1");
  CHECK(messages_of(lines) ==
        std::vector<std::string>{"item 1 reserved", "order 1 paid", "order 1 placed", "POST /orders -> 201"});
  REQUIRE(lines.size() == 4);
  CHECK(lines[3].get<int>("order_id") == 1);
  for (const auto& line : lines) CHECK(text_of(line, "trace_id") == text_of(lines[0], "trace_id"));
}

TEST_CASE("orders that are placed at once keep to their own lines", "[BL-15][H10]") {
  const std::string framework = any_shop();
  CAPTURE(framework);
  running_shop shop(framework);
  constexpr int customers = 8;
  {
    std::vector<std::unique_ptr<connection>> clients;
    for (int i = 0; i != customers; ++i) clients.push_back(std::make_unique<connection>(shop.port()));
    for (int i = 0; i != customers; ++i)
      clients[static_cast<std::size_t>(i)]->send(connection::request(
          "POST", "/orders", id_line("customer-" + std::to_string(i)), R"({"item_id":1})"));
    for (int i = 0; i != customers; ++i)
      CHECK(clients[static_cast<std::size_t>(i)]->receive().id() == "customer-" + std::to_string(i));
  }
  for (int i = 0; i != customers; ++i) {
    const auto lines = shop.finish("customer-" + std::to_string(i));
    CAPTURE(i, messages_of(lines));
    REQUIRE(lines.size() == 4);
    const int order = lines[1].get<int>("order_id");
    CHECK(lines[2].get<int>("order_id") == order);
    CHECK(lines[3].get<int>("order_id") == order);
  }
}

TEST_CASE("refusals are answers, not errors", "[http-18]") {
  const std::string framework = any_shop();
  CAPTURE(framework);
  running_shop shop(framework);
  const auto ask = [&](const char* method, const char* target, const char* body = "") {
    return connection(shop.port()).ask(method, target, id_line("r"), body).status;
  };
  CHECK(ask("GET", "/items/1") == 200);
  CHECK(ask("GET", "/items/7") == 404);
  CHECK(ask("GET", "/orders/99") == 404);
  CHECK(ask("GET", "/nothing") == 404);
  CHECK(ask("POST", "/orders", R"({"item_id":2,"quantity":5})") == 409);
  CHECK(ask("POST", "/orders", "[]") == 400);
  auto records = shop.finish("r");
  std::erase_if(records, [](const auto& line) { return text_of(line, "logger") != "http.access"; });
  std::vector<std::string> answers;
  for (const auto& record : records) {
    const int status = record.get<int>("http.response.status_code");
    answers.push_back(text_of(record, "http.request.method") + " " + text_of(record, "url.path") + " " +
                      std::to_string(status));
    CHECK(text_of(record, "level") == (status == 200 ? "info" : "warn"));
    CHECK_FALSE(record.has("error"));
  }
  // A record is made behind its response: that of a request on another connection may overtake it.
  std::sort(answers.begin(), answers.end());
  CHECK(answers == std::vector<std::string>{"GET /items/1 200", "GET /items/7 404", "GET /nothing 404",
                                            "GET /orders/99 404", "POST /orders 400", "POST /orders 409"});
}

TEST_CASE("a health check leaves no access record", "[http-34]") {
  const std::string framework = any_shop();
  CAPTURE(framework);
  running_shop shop(framework);
  CHECK(connection(shop.port()).get("/health", id_line("health-1")).status == 200);
  CHECK(shop.finish("health-1").empty());
}

TEST_CASE("the shop's routes that test themselves pass", "[DR-12][DR-13]") {
  const std::string framework = any_shop();
  CAPTURE(framework);
  running_shop shop(framework);
  connection client(shop.port());
  for (const std::string route : {"/api/test-async-context", "/api/test-thread-context"}) {
    const auto verdict = strict_json::parse(client.get(route).body);
    CAPTURE(route, verdict.text());
    CHECK(verdict.get<std::string>("test_status") == "PASS");
    CHECK(verdict.get<bool>("all_context_preserved"));
    CHECK(verdict.size("results") == 3);
  }
}

TEST_CASE("a pool that is used without context fails the shop's test of threads", "[DR-13]") {
  const std::string framework = any_shop();
  CAPTURE(framework);
  running_shop shop(framework, {"--without-context"});
  const auto verdict = strict_json::parse(connection(shop.port()).get("/api/test-thread-context").body);
  CHECK(verdict.get<std::string>("test_status") == "FAIL");
  CHECK_FALSE(verdict.get<bool>("all_context_preserved"));
}

}  // namespace
