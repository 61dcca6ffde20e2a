// The demo: passes with the context, and fails when the request id is kept in a global instead.
// SPDX-License-Identifier: MIT
#include <string>

#include "support.hpp"

namespace {

using examples_test::run_example;

// The number after a label of the demo's report, for each of the two modes.
std::vector<int> numbers_after(const std::string& report, const std::string& label) {
  std::vector<int> numbers;
  for (const auto& digits : regular_expression::first_groups(report, "\n  " + label + " +(\\d+)"))
    numbers.push_back(std::stoi(digits));
  return numbers;
}

TEST_CASE("the demo passes: 2000 requests in each mode, no line without an id or with another's", "[BL-15]") {
  const auto demo = run_example("demo");
  INFO(demo.out << demo.err);
  CHECK(demo.status == 0);
  CHECK(numbers_after(demo.out, "answers") == std::vector{2000, 2000});
  CHECK(numbers_after(demo.out, "records") == std::vector{7762, 7762});
  CHECK(numbers_after(demo.out, "access records") == std::vector{2250, 2250});
  CHECK(numbers_after(demo.out, "without request id") == std::vector{0, 0});
  CHECK(numbers_after(demo.out, "with a foreign id") == std::vector{0, 0});
}

TEST_CASE("the demo fails when the id is in a global variable", "[BL-15]") {
  const auto demo = run_example("demo", {}, {"--without-context"});
  INFO(demo.out << demo.err);
  CHECK(demo.status == 1);
  CHECK(demo.out.find("FAILED") != std::string::npos);
  for (const int lines : numbers_after(demo.out, "without request id")) CHECK(lines > 0);
  for (const int lines : numbers_after(demo.out, "with a foreign id")) CHECK(lines > 0);
}

TEST_CASE("the demo names an argument it does not know") {
  const auto demo = run_example("demo", {}, {"--help-me"});
  CHECK(demo.status == 2);
  CHECK(demo.err.find("\"--help-me\"") != std::string::npos);
}

}  // namespace
