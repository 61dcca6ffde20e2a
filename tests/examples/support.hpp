// Helpers of the tests of the examples: running one, and its output without what differs from run to run.
// SPDX-License-Identifier: MIT
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <utility>
#include <vector>

#include "regular_expression.hpp"
#include "support/child_process.hpp"

namespace examples_test {

struct finished_program {
  int status;
  std::string out, err;
};

/// Runs an example to its end, standard input empty, with these variables ("NAME=value") and no other ENV.
inline finished_program run_example(const std::string& name, std::vector<std::string> variables = {},
                                    std::vector<std::string> arguments = {}) {
  arguments.insert(arguments.begin(), CTXLOG_EXAMPLES_DIR "/" + name);
  example::child_process program(std::move(arguments), std::move(variables));
  const int status = program.finish();
  return {status, program.out(), program.err()};
}

/// Puts a name in the place of times, ids, ports and paths; whatever has not their exact form stays.
inline std::string normalised(std::string text) {
  static constexpr std::pair<const char*, const char*> rules[] = {
      {R"((^|\n)\d\d:\d\d:\d\d\.\d{3} )", "$1HH:MM:SS.mmm "},
      {R"("\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} [+-]\d\d:\d\d \| )", "\"<time> | "},
      {R"("repr":"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{6})?[+-]\d\d:\d\d","timestamp":\d{10}(\.\d{1,6})?\})",
       "\"repr\":\"<time>\",\"timestamp\":<time>}"},
      {R"("elapsed":\{"repr":"0:00:\d\d(\.\d{6})?","seconds":\d+(\.\d+)?(e-\d+)?\})",
       "\"elapsed\":<elapsed>"},
      {R"("time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")", "\"time\":<time>"},
      {R"("thread":\d+,)", "\"thread\":<id>,"},
      {R"(("process"|"thread"):\{"id":\d+,)", "$1:{\"id\":<id>,"},
      {R"("path":"[^"]*/examples/)", "\"path\":\"examples/"},
      {R"([0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})", "<uuid>"},
      {R"(127\.0\.0\.1:\d{5}\b)", "127.0.0.1:<port>"},
      {R"(\bduration_ms(=|":)\d+(\.\d+)?(?=[ ,}]))", "duration_ms$1<ms>"},
      {R"("latency":"\d+\.\d{6}s")", "\"latency\":\"<seconds>\""},
      // An id that looks like a number is quoted.
      {R"x(\b(trace_id|\w*span_id)="([0-9a-f]+)")x", "$1=$2"},
      {R"(\b(trace_id)(=|":")[0-9a-f]{32}\b)", "$1$2<trace>"},
      {R"(\b(\w*span_id)(=|":")[0-9a-f]{16}\b)", "$1$2<span>"},
      {R"(\b((network\.peer|server)\.port(=|":))\d{5}\b)", "$1<port>"},
      // Lines of the library's own sources.
      {R"(\b((access_record|propagation)\.cpp(:|","line":))\d+)", "$1<line>"},
  };
  for (const auto& [what, name] : rules) text = regular_expression::replaced(text, what, name);
  return text;
}

inline std::vector<std::string> split_lines(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

}  // namespace examples_test
