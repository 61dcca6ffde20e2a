// Before main(), after it, in forked children, without memory: logging works or says that it did not.
// SPDX-License-Identifier: MIT
#include <map>
#include <set>
#include <string>
#include <vector>

#include "logger.hpp"

namespace {

using logger_test::run_child;

TEST_CASE("records are written before main(), in destructors of all kinds and at exit", "[H14][lifecycle]") {
  const auto child = run_child("logger_static", {}, {"ENV=PROD"});
  CHECK(child.status == 0);
  CHECK(child.errors.empty());
  std::vector<std::string> messages;
  for (const auto& line : child.output_lines()) messages.push_back(nlohmann::json::parse(line)["message"]);
  CHECK(messages == std::vector<std::string>{
                        "static initialiser", "main", "thread_local destructor of a thread",
                        "first record in a thread_local destructor", "thread_local destructor of main",
                        "atexit", "static destructor", "destructor of what was there before the logger"});
}

TEST_CASE("a child forked while threads log logs too, as itself", "[H9][H14][lifecycle]") {
  const auto child = run_child("logger_fork", {}, {"ENV=PROD"});
  CHECK(child.status == 0);
  CHECK(child.errors.empty());
  std::map<int, std::set<std::uint64_t>> threads_by_process;
  std::map<int, int> records_of_child;
  for (const auto& line : child.output_lines()) {
    const auto rec = nlohmann::json::parse(line);
    if (rec["message"] != "in child") continue;
    const int pid = rec["process.pid"];
    CHECK(rec["expected_pid"] == pid);
    CHECK(rec["thread"] == pid);  // a forked child's only thread is its main thread
    CHECK(rec["request_id"] == "forking");
    ++records_of_child[pid];
  }
  CHECK(records_of_child.size() == 50);
  for (const auto& [pid, count] : records_of_child) CHECK(count == 20);
}

TEST_CASE("a record of the usual shape allocates nothing once the thread is warm", "[perf][lifecycle]") {
  for (const char* format : {"json", "ecs", "gcp", "datadog", "otlp", "logfmt"}) {
    const auto child = run_child("logger_allocations", {}, {"ENV=PROD", "LOG_FORMAT=" + std::string(format)});
    INFO(format << '\n' << child.output << child.errors);
    CHECK(child.status == 0);
    CHECK(child.output == "allocations of 2000 records: 0\nlines: 2200\n");
  }
}

TEST_CASE("without memory a log call does not throw and the record is counted", "[H14][lifecycle]") {
  const auto child = run_child("logger_no_memory", {}, {"ENV=PROD"});
  INFO(child.output << child.errors);
  CHECK(child.status == 0);
}

}  // namespace
