// The demo: an HTTP service under load, and the proof that every line it logs carries its own request's id.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <ctxlog/ctxlog.hpp>
#include <exception>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "support/broken_request_id.hpp"
#include "support/child_process.hpp"
#include "support/client_load.hpp"
#include "support/line_audit.hpp"
#include "support/order_service.hpp"

namespace {

constexpr int clients = 100, requests_each = 20, requests = clients * requests_each;

// The service's own process: this program, started again.
int serve(bool without_context) {
  if (without_context) {
    ctxlog::configure({.patchers = {{ctxlog::patcher(example::broken::add_request_id)}}});
  } else {
    ctxlog::configure({.patchers = {{ctxlog::context_variables(example::user_id)}}});
  }
  const example::order_service service(without_context ? example::broken::install_request_id
                                                       : example::install_ctxlog);
  while (std::getchar() != EOF) {}
  return 0;
}

// Records only: the lines under a pretty record that show an exception begin with a gutter.
std::vector<std::string> records_of(const std::string& output) {
  std::vector<std::string> records;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with('{') || (!line.empty() && line[0] >= '0' && line[0] <= '9')) records.push_back(line);
  return records;
}

struct mode {
  const char* variable;
  const char* description;
  bool on_stdout;
  example::observed_line (*read)(const std::string&);
};

constexpr mode dev{"ENV=DEV", "pretty, on stderr", false, example::read_pretty_line};
constexpr mode prod{"ENV=PROD", "JSON, on stdout", true, example::read_json_line};

void show_one_request(const mode& m, const std::vector<std::string>& records,
                      const std::vector<example::observed_line>& lines) {
  fmt::print("\n{} ({}), the lines of one of the {} requests:\n", m.variable, m.description, requests);
  const std::string order = fmt::format("c{}r{}", clients / 2, requests_each / 2);
  for (std::size_t i = 0; i != records.size(); ++i)
    if (lines[i].order == order) fmt::print("  {}\n", records[i]);
}

void show(const example::audit_result& a) {
  fmt::print("  answers            {:6} of {}, wrong status {}, wrong X-Request-ID {}\n", a.answered,
             requests, a.wrong_status, a.wrong_response_ids);
  fmt::print("  records            {:6} of {}, requests with too few or too many {}\n", a.records,
             a.expected_records, a.wrong_counts);
  fmt::print("  access records     {:6} of {}\n", a.access_records, a.expected_access_records);
  fmt::print("  without request id {:6}\n", a.without_id);
  fmt::print("  with a foreign id  {:6}\n", a.foreign);
}

bool run(const mode& m, const std::string& program, const std::string& how_to_serve) {
  example::child_process service({program, how_to_serve}, {m.variable, "LOG_LEVEL=info"});
  const std::string port = service.wait_for("http://127.0.0.1:");
  if (port.empty()) throw std::runtime_error("the service did not start: " + service.err());
  const auto exchanges = example::run_clients(std::atoi(port.c_str()), clients, requests_each);
  const int status = service.finish();

  const auto records = records_of(m.on_stdout ? service.out() : service.err());
  const auto& other_stream = m.on_stdout ? service.err() : service.out();
  std::vector<example::observed_line> lines;
  for (const auto& record : records) lines.push_back(m.read(record));
  const auto result = example::audit(exchanges, lines);
  show_one_request(m, records, lines);
  show(result);
  if (status != 0) fmt::print("  the service ended with status {}\n", status);
  if (!other_stream.empty()) fmt::print("  unexpected on the other stream: {}\n", other_stream);
  return result.good(requests) && status == 0 && other_stream.empty();
}

int demonstrate(bool without_context) {
  const std::string program = "/proc/self/exe";
  const std::string how_to_serve = without_context ? "--serve-without-context" : "--serve";
  fmt::print(
      "{} clients at once, {} requests each on a kept connection: pool, coroutine, call to another service,\n"
      "exceptions, unknown paths; ids of the client's own, missing or hostile. The service is another "
      "process.\n",
      clients, requests_each);
  const auto start = std::chrono::steady_clock::now();
  bool good = run(dev, program, how_to_serve);
  good &= run(prod, program, how_to_serve);
  fmt::print("\n{}, after {:.1f} s\n", good ? "PASSED: every line knows its request" : "FAILED",
             std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  return good ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view choice = argc > 1 ? argv[1] : "";
  try {
    if (choice == "--serve") return serve(false);
    if (choice == "--serve-without-context") return serve(true);
    if (choice.empty()) return demonstrate(false);
    if (choice == "--without-context") return demonstrate(true);
  } catch (const std::exception& error) {
    fmt::print(stderr, "demo: {}\n", error.what());
    return 1;
  }
  fmt::print(stderr, "demo: unknown argument \"{}\", expected none or --without-context\n", choice);
  return 2;
}
