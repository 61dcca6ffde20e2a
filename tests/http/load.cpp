// A hundred clients at once: every request has its record, every line its own id, and nothing stays behind.
// SPDX-License-Identifier: MIT
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "framework.hpp"
#include "uuid.hpp"

namespace {

using http_test::connection;
using http_test::framework;
using http_test::running_service;
using http_test::text_of;

constexpr int clients = 100, requests_each = 200;

struct request {
  std::string method, target;
};

request nth(int n, const std::string& id) {
  switch (n % 8) {
    case 0:
      return {"GET", "/missing/" + id};
    case 1:
      return {"OPTIONS", "/hello"};
    case 2:
      return {"HEAD", "/hello"};
    case 3:
      return {"GET", "/throw"};
    case 4:
      return {"GET", "/users/" + std::to_string(n)};
    case 5:
      return {"GET", "/hello"};
    default:
      return {"GET", "/error-line?user=" + id};
  }
}

struct tally {
  std::atomic<int> wrong_ids{0}, failures{0}, aborted{0};
};

// Sends the request and goes away before the answer.
void abort_one(int port, const std::string& id) {
  connection client(port);
  client.send(connection::request("GET", "/slow?ms=1", "X-Request-ID: " + id + "\r\n"));
}

void run_client(int port, int number, const framework& on, tally& counted) {
  const std::string own = "c" + std::to_string(number) + "r";
  std::optional<connection> client(std::in_place, port);
  for (int n = 0; n < requests_each; ++n) {
    const std::string id = own + std::to_string(n);
    if (n % 50 == 49) {
      abort_one(port, id);
      ++counted.aborted;
      continue;
    }
    const request first = nth(n, id);
    std::string bytes = connection::request(first.method, first.target, "X-Request-ID: " + id + "\r\n");
    if (on.pipelines && n % 10 == 5) {  // the next one, a GET of /error-line, at once
      const std::string next = own + std::to_string(n + 1);
      bytes += connection::request("GET", "/hello", "X-Request-ID: " + next + "\r\n");
      client->send(bytes);
      counted.wrong_ids += client->receive(first.method == "HEAD").id() != id;
      counted.wrong_ids += client->receive().id() != next;
      ++n;
      continue;
    }
    client->send(bytes);
    const auto answer = client->receive(first.method == "HEAD");
    const bool unread = http_test::answered_unread(on, answer);
    counted.wrong_ids += answer.id() != id && !(unread && http_test::is_uuid_4(answer.id()));
    if (unread) client.emplace(port);
  }
}

TEST_CASE("100 clients with 200 requests each: one record a request, no foreign id, nothing left behind",
          "[BL-13][BL-15][H10][http-35]") {
  const framework on = GENERATE(from_range(http_test::frameworks()));
  running_service service(on, "default", {"LOG_LEVEL=info,http.access=debug"});
  tally counted;
  {
    std::vector<std::jthread> threads;
    for (int number = 0; number != clients; ++number)
      threads.emplace_back([&, number] {
        try {
          run_client(service.port(), number, on, counted);
        } catch (const std::exception&) {
          ++counted.failures;
        }
      });
  }
  CHECK(counted.failures == 0);
  CHECK(counted.wrong_ids == 0);
  const auto stats =
      strict_json::parse(connection(service.port()).get("/stats", "X-Request-ID: last\r\n").body);
  CHECK(stats.get<int>("leaks") == 0);
  if (on.asynchronous) CHECK(stats.get<int>("looks") > 0);

  std::map<std::string, int> records;
  int foreign = 0;
  for (const auto& line : service.finish()) {
    const std::string id = text_of(line, "request_id");
    if (text_of(line, "logger") == "http.access") ++records[id];
    if (line.has("user")) foreign += text_of(line, "user") != id;
  }
  CHECK(foreign == 0);
  CHECK(records["last"] == 1);
  CHECK(records.size() == clients * requests_each + 1);
  for (const auto& [id, count] : records)
    if (count != 1) FAIL_CHECK(id << " has " << count << " records");
}

}  // namespace
