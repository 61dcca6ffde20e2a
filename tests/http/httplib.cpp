// What is cpp-httplib's alone: requests it refuses itself, headers it decodes, a thread for each connection, its hooks.
// SPDX-License-Identifier: MIT
#include "ctxlog/http/httplib.hpp"

#include <catch2/catch_test_macros.hpp>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "connection.hpp"
#include "support.hpp"
#include "uuid.hpp"

namespace {

using http_test::connection;
using http_test::id_of;
using http_test::is_uuid_4;
using http_test::log_output;
using http_test::response;
using httplib::Request;
using httplib::Response;

std::string id_line(const std::string& id) { return "X-Request-ID: " + id + "\r\n"; }

// Ends with all of its requests logged.
class test_server {
 public:
  explicit test_server(ctxlog::httplib::hooks hooks = {}, ctxlog::http::options options = {}) {
    server.Get("/hello",
               [](const Request&, Response& answer) { answer.set_content("hello\n", "text/plain"); });
    server.Get("/throw", [](const Request&, Response&) { throw std::runtime_error("boom"); });
    ctxlog::httplib::install(server, std::move(options), std::move(hooks));
    server.set_tcp_nodelay(true);
  }
  ~test_server() {
    if (!accepting_.joinable()) return;
    server.stop();
    accepting_.join();
  }

  int start() {
    const int port = server.bind_to_any_port("127.0.0.1");
    accepting_ = std::thread([this] { server.listen_after_bind(); });
    while (!server.is_running()) std::this_thread::yield();
    return port;
  }

  httplib::Server server;

 private:
  std::thread accepting_;
};

TEST_CASE("what cpp-httplib refuses before routing has an id and a record", "[BL-12][H11]") {
  const std::vector<std::pair<std::string, int>> refused{
      {connection::request("GET", "/" + std::string(9000, 's')), 414},
      {connection::request("GET", "/hello", id_line(std::string(70'000, 's'))), 400}};
  for (const auto& [bytes, status] : refused) {
    const log_output log;
    response answer;
    {
      test_server own;
      connection client(own.start());
      client.send(bytes);
      answer = client.receive();
    }
    CHECK(answer.status == status);
    CHECK(is_uuid_4(answer.id()));
    const auto records = log.access_records();
    REQUIRE_FALSE(records.empty());  // the library may take the rest of what it refuses for further requests
    CHECK(id_of(records[0]) == answer.id());
    CHECK(records[0].get<int>("http.response.status_code") == status);
    CHECK(records[0].get<std::string>("level") == "warn");
    CHECK(log.bytes().find("sss") == std::string::npos);
  }
}

TEST_CASE("an id is checked after cpp-httplib has decoded it", "[http-16][BL-12][H11]") {
  for (const std::string hostile : {"ab%0d%0aSet-Cookie: stolen=1", "ab%00stolen"}) {
    const log_output log;
    response answer;
    {
      test_server own;
      answer = connection(own.start()).get("/hello", id_line(hostile));
    }
    CHECK(is_uuid_4(answer.id()));
    CHECK(answer.all("set-cookie").empty());
    CHECK(log.bytes().find("stolen") == std::string::npos);
    REQUIRE(log.access_records().size() == 1);
    CHECK(id_of(log.access_records()[0]) == answer.id());
    CHECK(log_output::text_of(log.access_records()[0], "request_id.rejected") == "charset");
  }
}

TEST_CASE("the path is what stands before the question mark, and the query is not logged", "[BL-11]") {
  const log_output log;
  {
    test_server own;
    CHECK(connection(own.start()).get("/hello?secret=1&next=/a").status == 200);
  }
  REQUIRE(log.access_records().size() == 1);
  CHECK(log.access_records()[0].get<std::string>("url.path") == "/hello");
  CHECK(log.bytes().find("secret") == std::string::npos);
}

TEST_CASE("two requests that arrive at once are answered in order, each with its own id", "[http-20][H10]") {
  const log_output log;
  {
    test_server own;
    connection client(own.start());
    // The library forgets what it read beyond a request, so the first one fills its 4096-byte buffer exactly.
    const std::string start = id_line("first") + "X-Padding: ";
    const std::size_t unpadded = connection::request("GET", "/hello", start + "\r\n").size();
    const std::string padding(4096 - unpadded, 'x');
    client.send(connection::request("GET", "/hello", start + padding + "\r\n") +
                connection::request("GET", "/missing", id_line("second")));
    CHECK(client.receive().id() == "first");
    CHECK(client.receive().id() == "second");
  }
  const auto records = log.access_records();
  REQUIRE(records.size() == 2);
  CHECK(id_of(records[0]) == "first");
  CHECK(id_of(records[1]) == "second");
}

TEST_CASE("what a handler sets and never resets is not there for the next request on its thread", "[BL-13]") {
  const log_output log;
  {
    test_server own;
    own.server.Get("/leave", [](const Request&, Response&) {
      example::user_id.set("stays?");
      throw std::runtime_error("and thrown out");
    });
    own.server.Get("/look", [](const Request&, Response&) { ctxlog::info("looking"); });
    connection client(own.start());
    client.get("/leave", id_line("victim"));
    CHECK(is_uuid_4(client.get("/look").id()));
  }
  const auto lines = log.lines();
  REQUIRE(lines.size() == 3);  // access, looking, access
  for (const auto& line : lines) CHECK(line.get<int>("thread") == lines[0].get<int>("thread"));
  for (const std::size_t i : {1u, 2u}) {
    CHECK(is_uuid_4(id_of(lines[i])));
    CHECK_FALSE(lines[i].has("user_id"));
  }
}

TEST_CASE("the application's own hooks run, inside the request", "[http-44]") {
  const log_output log;
  const auto note = [](const char* hook) { ctxlog::info("hook", ctxlog::kv("hook", hook)); };
  ctxlog::httplib::hooks hooks{.pre_routing =
                                   [&](const Request& request, Response& answer) {
                                     note("pre_routing");
                                     if (request.path != "/teapot")
                                       return httplib::Server::HandlerResponse::Unhandled;
                                     answer.status = 418;
                                     return httplib::Server::HandlerResponse::Handled;
                                   },
                               .post_routing =
                                   [&](const Request&, Response& answer) {
                                     note("post_routing");
                                     answer.set_header("X-Own", "1");
                                     answer.set_header("X-Request-ID", "of the application's own");
                                   },
                               .exception =
                                   [&](const Request&, Response& answer, std::exception_ptr) {
                                     note("exception");
                                     answer.status = 503;
                                   },
                               .logger = [&](const Request&, const Response&) { note("logger"); }};
  {
    test_server own(std::move(hooks));
    connection client(own.start());
    const response brewed = client.get("/teapot", id_line("tea-1"));
    CHECK(brewed.status == 418);
    CHECK(brewed.header("x-own") == "1");
    CHECK(brewed.id() == "tea-1");  // once, and ours
    CHECK(client.get("/throw", id_line("throw-1")).status == 503);
  }
  std::vector<std::string> seen;
  for (const auto& line : log.lines())
    seen.push_back(id_of(line) + " " + (line.has("hook") ? line.get<std::string>("hook") : "access"));
  CHECK(seen == std::vector<std::string>{"tea-1 pre_routing", "tea-1 post_routing", "tea-1 logger",
                                         "tea-1 access", "throw-1 pre_routing", "throw-1 exception",
                                         "throw-1 post_routing", "throw-1 logger", "throw-1 access"});
  REQUIRE(log.access_records().size() == 2);
  CHECK(log.access_records()[0].get<int>("http.response.status_code") == 418);
  CHECK(log.access_records()[1].get<int>("http.response.status_code") == 503);
  CHECK(log_output::text_of(log.access_records()[1], "error.type") == "std::runtime_error");
}

}  // namespace
