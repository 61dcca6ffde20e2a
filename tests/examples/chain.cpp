// The chain: one request through three services has one trace and one id, and each service knows its caller.
// SPDX-License-Identifier: MIT
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "strict_json.hpp"
#include "support.hpp"

namespace {

using examples_test::run_example;
using examples_test::split_lines;

// The field as text, empty when it is not there.
std::string text_of(const strict_json::object& line, std::string_view key) {
  return line.has(key) ? line.get<std::string>(key) : std::string();
}

// By service, the records of the request.
std::map<std::string, std::vector<strict_json::object>> records_by_service(const std::string& output) {
  std::map<std::string, std::vector<strict_json::object>> records;
  std::string service;
  for (const auto& line : split_lines(output)) {
    if (line.ends_with(':')) service = line.substr(0, line.size() - 1);
    if (!line.starts_with('{')) continue;
    auto record = strict_json::parse(line);
    if (!text_of(record, "message").starts_with("listening")) records[service].push_back(std::move(record));
  }
  return records;
}

TEST_CASE("three services share a trace, each the child of its caller's call", "[http-38][BL-17]") {
  const auto program = run_example("chain", {"ENV=PROD", "LOG_LEVEL=debug"});
  INFO(program.out << program.err);
  REQUIRE(program.status == 0);
  const auto records = records_by_service(program.out);
  REQUIRE(records.size() == 3);
  const std::string trace = text_of(records.at("gateway").at(0), "trace_id");
  CHECK(trace.size() == 32);
  std::map<std::string, std::string> span, called, parent;
  for (const auto& [service, lines] : records) {
    CAPTURE(service);
    span[service] = text_of(lines.at(0), "span_id");
    for (const auto& line : lines) {
      CHECK(text_of(line, "request_id") == "chain-1");
      CHECK(text_of(line, "trace_id") == trace);
      CHECK(text_of(line, "span_id") == span[service]);
      CHECK(text_of(line, "baggage.tenant") == "acme");
      if (line.has("http.client.span_id")) called[service] = text_of(line, "http.client.span_id");
    }
    CHECK(text_of(lines.back(), "logger") == "http.access");
    parent[service] = text_of(lines.back(), "parent_span_id");
  }
  CHECK(parent["gateway"].empty());
  CHECK(parent["inventory"] == called["gateway"]);
  CHECK(parent["payment"] == called["inventory"]);
  CHECK(span["gateway"] != span["inventory"]);
  CHECK(span["inventory"] != span["payment"]);
}

TEST_CASE("the chain prints what its .output file says") {
  const auto program = run_example("chain");
  CHECK(program.status == 0);
  const std::string output = examples_test::normalised(program.out + program.err);
  const std::filesystem::path actual = CTXLOG_EXAMPLES_DIR "/chain.actual";
  std::ofstream(actual, std::ios::binary) << output;
  INFO("printed: " << actual.string());
  std::ifstream expected(CTXLOG_EXAMPLES_SOURCE_DIR "/chain/chain.output", std::ios::binary);
  CHECK(split_lines(output) == split_lines({std::istreambuf_iterator<char>(expected), {}}));
}

TEST_CASE("the chain names an argument it does not know") {
  const auto program = run_example("chain", {}, {"--help-me"});
  CHECK(program.status == 2);
  CHECK(program.err.find("\"--help-me\"") != std::string::npos);
}

}  // namespace
