// The two simulated servers: a global request id fails as it must, the context is right on every line.
// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "strict_json.hpp"
#include "support.hpp"

namespace {

using examples_test::finished_program;
using examples_test::run_example;
using examples_test::split_lines;
using strict_json::object;

using keys = std::vector<std::string>;

std::string message_of(const object& line) { return line.get<std::string>("record", "message"); }
std::string extra_of(const object& line, const std::string& key) {
  return line.get<std::string>("record", "extra", key);
}
keys extra_keys(const object& line) { return line.keys("record", "extra"); }

std::vector<object> with_message(const std::vector<object>& lines, const std::string& message) {
  std::vector<object> found;
  std::copy_if(lines.begin(), lines.end(), std::back_inserter(found),
               [&](const object& line) { return message_of(line) == message; });
  return found;
}

std::multiset<std::string> extras_of(const std::vector<object>& lines, const std::string& key) {
  std::multiset<std::string> values;
  for (const auto& line : lines) values.insert(extra_of(line, key));
  return values;
}

const std::multiset<std::string> all_ids{"req-0", "req-1", "req-2", "req-3", "req-4"};

TEST_CASE("with a global id four of five requests end with another's id, in every run", "[CH-01][CH-08]") {
  for (int run = 0; run != 5; ++run) {
    // Whatever ENV says.
    const auto program = run_example("200_ch2_initial", {run % 2 ? "ENV=DEV" : "ENV=PROD"});
    CHECK(program.status == 0);
    CHECK(program.err.empty());
    const auto lines = strict_json::parse_lines(program.out);
    REQUIRE(lines.size() == 16);

    CHECK(message_of(lines[0]) == "Starting server simulation...");
    CHECK(lines[0].size("record", "extra") == 0);
    for (std::size_t i = 0; i != 5; ++i) {
      CHECK(message_of(lines[i + 1]) == "Started request");
      CHECK(extra_of(lines[i + 1], "request_id") == "req-" + std::to_string(i));
    }

    const auto queries = with_message(lines, "Executing DB query");
    CHECK(queries.size() == 5);
    for (const auto& line : queries) CHECK(extra_of(line, "request_id") == "req-4");

    const auto finished = with_message(lines, "Finished request successfully");
    REQUIRE(finished.size() == 1);
    CHECK(extra_of(finished[0], "request_id") == "req-4");

    const auto mismatches = with_message(lines, "Finished request - CONTEXT MISMATCH");
    CHECK(extras_of(mismatches, "expected_id") ==
          std::multiset<std::string>{"req-0", "req-1", "req-2", "req-3"});
    for (const auto& line : mismatches) {
      CHECK(extra_keys(line) == keys{"expected_id", "actual_global_id"});
      CHECK(extra_of(line, "actual_global_id") == "req-4");
      CHECK(line.get<std::string>("record", "level", "name") == "ERROR");
    }
  }
}

// Per request: started, then the query, then the image, then finished.
void check_order(const std::vector<object>& lines) {
  const keys expected{"Started request", "Executing DB query", "Processing image in thread",
                      "Finished request successfully"};
  std::map<std::string, keys> by_request;
  for (std::size_t i = 1; i != lines.size(); ++i)
    by_request[extra_of(lines[i], "request_id")].push_back(message_of(lines[i]));
  CHECK(by_request.size() == 5);
  for (const auto& [id, messages] : by_request) {
    CAPTURE(id);
    CHECK(messages == expected);
  }
}

TEST_CASE("with the context every line has its own request's id, in every run",
          "[CH-02][CH-04][CH-05][CH-06][CH-08][BL-03][BL-08][BL-09][BL-14]") {
  for (int run = 0; run != 5; ++run) {
    const auto program = run_example("210_ch2_final", {"ENV=PROD"});
    CHECK(program.status == 0);
    CHECK(program.err.empty());
    const auto lines = strict_json::parse_lines(program.out);
    REQUIRE(lines.size() == 21);

    CHECK(message_of(lines[0]) == "Starting server simulation with context variables...");
    CHECK(lines[0].size("record", "extra") == 0);
    for (const char* message : {"Started request", "Executing DB query", "Finished request successfully"}) {
      const auto same = with_message(lines, message);
      CHECK(extras_of(same, "request_id") == all_ids);
      for (const auto& line : same) CHECK(extra_keys(line) == keys{"request_id"});
    }

    const auto images = with_message(lines, "Processing image in thread");
    CHECK(extras_of(images, "request_id") == all_ids);
    for (const auto& line : images) {
      CHECK(extra_keys(line) == keys{"thread_context_id", "request_id"});
      CHECK(extra_of(line, "thread_context_id") == extra_of(line, "request_id"));
      const auto thread = line.get<std::string>("record", "thread", "name");
      CHECK((thread.size() == 6 && thread.starts_with("pool_") && thread[5] >= '0' && thread[5] <= '4'));
      CHECK(line.text("record", "thread", "id") != lines[0].text("record", "thread", "id"));
    }
    check_order(lines);
  }
}

TEST_CASE("the requests run at the same time", "[CH-02][BL-14]") {
  const auto lines = strict_json::parse_lines(run_example("210_ch2_final", {"ENV=PROD"}).out);
  REQUIRE(lines.size() == 21);
  for (std::size_t i = 1; i != 6; ++i) CHECK(message_of(lines[i]) == "Started request");
}

TEST_CASE("DEV is pretty on stderr and shows the ids; PROD is JSON on stdout", "[CH-03][CH-04]") {
  struct choice {
    std::vector<std::string> variables;
    bool json;
  };
  const std::vector<choice> choices{{{}, false},          {{"ENV="}, false},    {{"ENV=DEV"}, false},
                                    {{"ENV=PROD"}, true}, {{"ENV=prod"}, true}, {{"ENV=PROD "}, true}};
  for (const auto& [variables, json] : choices) {
    CAPTURE(variables);
    const auto program = run_example("210_ch2_final", variables);
    CHECK((json ? program.err : program.out).empty());
    if (json) {
      CHECK(strict_json::parse_lines(program.out).size() == 21);
      continue;
    }
    const auto lines = split_lines(program.err);
    CHECK(lines.size() == 21);
    const auto with_id = std::count_if(lines.begin(), lines.end(), [](const std::string& line) {
      return line.find(" request_id=req-") != line.npos;
    });
    CHECK(with_id == 20);
    CHECK(lines[0].find("request_id") == std::string::npos);
  }
}

TEST_CASE("an ENV that means nothing is said once, and gives JSON", "[CH-03]") {
  const auto program = run_example("210_ch2_final", {"ENV=banana"});
  CHECK(strict_json::parse_lines(program.out).size() == 21);
  const auto warnings = split_lines(program.err);
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].find("ENV=\"banana\"") != std::string::npos);
}

// A directory of its own to run an example in.
class working_directory {
 public:
  working_directory() : before_(std::filesystem::current_path()) {
    std::string pattern = (std::filesystem::temp_directory_path() / "ctxlog-examples-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
    std::filesystem::current_path(path_);
  }
  working_directory(const working_directory&) = delete;
  working_directory& operator=(const working_directory&) = delete;
  ~working_directory() {
    std::filesystem::current_path(before_);
    std::filesystem::remove_all(path_);
  }

 private:
  std::filesystem::path before_, path_;
};

TEST_CASE(".env sets what the environment does not", "[CH-07]") {
  const working_directory here;
  std::ofstream(".env") << "# of the project\nENV=PROD\n";
  const auto from_file = run_example("210_ch2_final");
  CHECK(strict_json::parse_lines(from_file.out).size() == 21);
  CHECK(from_file.err.empty());

  const auto from_environment = run_example("210_ch2_final", {"ENV=DEV"});
  CHECK(from_environment.out.empty());
  CHECK(split_lines(from_environment.err).size() == 21);
}

TEST_CASE("a request id that is unset or empty is left out, and 0 is not", "[BL-04][BL-05]") {
  const auto program = run_example("040_patcher", {"ENV=PROD"});
  const auto lines = strict_json::parse_lines(program.out);
  REQUIRE(lines.size() == 10);
  CHECK_FALSE(lines[0].has("request_id"));
  CHECK(lines[1].get<std::string>("request_id") == "req-1");
  CHECK(lines[2].get<std::string>("request_id") == "req-1");
  CHECK_FALSE(lines[3].has("request_id"));
  CHECK_FALSE(lines[4].has("request_id"));
  CHECK(lines[5].get<std::string>("request_id") == "0");
  CHECK(lines[7].get<std::string>("request_id") == "req-2");
  CHECK(lines[9].get<std::string>("request_id") == "req-3");
  CHECK(lines[9].get<std::int64_t>("user_id") == 7);

  // The ready-made patcher treats them alike.
  const auto pretty = split_lines(run_example("040_patcher").err);
  REQUIRE(pretty.size() == 10);
  CHECK(pretty[1].find(" request_id=req-1") != std::string::npos);
  CHECK(pretty[3].find("request_id") == std::string::npos);
}

TEST_CASE("a spawned task changes its own context only, an awaited callee what it does not bind", "[BL-03]") {
  const auto lines = strict_json::parse_lines(run_example("120_coroutines", {"ENV=PROD"}).out);
  REQUIRE(lines.size() == 8);
  const auto id_after = [&](const std::string& message) {
    for (const auto& line : lines)
      if (line.get<std::string>("message") == message) return line.get<std::string>("request_id");
    return std::string("no such line");
  };
  CHECK(id_after("after a callee that binds") == "caller");
  CHECK(id_after("after a task that sets") == "caller");
  CHECK(id_after("after a callee that sets") == "set in the callee");
  CHECK_FALSE(lines.back().has("request_id"));
}

}  // namespace
