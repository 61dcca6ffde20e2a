// Every numbered example runs and prints what stands in its .output file.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "sanitizers.hpp"
#include "support.hpp"

namespace {

namespace fs = std::filesystem;
using examples_test::normalised;
using examples_test::run_example;
using examples_test::split_lines;

std::vector<std::string> numbered_examples() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(CTXLOG_EXAMPLES_SOURCE_DIR)) {
    const std::string name = entry.path().stem().string();
    if (entry.path().extension() == ".cpp" && name[0] >= '0' && name[0] <= '9') names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

// Their lines come from several tasks and may change places.
const std::set<std::string> in_any_order{"200_ch2_initial", "210_ch2_final", "300_http_service"};

std::vector<std::string> comparable(const std::string& name, const std::string& text) {
  auto lines = split_lines(text);
  // AddressSanitizer says so of every program with swapcontext(); what it finds ends a program.
  std::erase_if(lines, [](const std::string& line) {
    return line.find("ASan doesn't fully support makecontext/swapcontext") != line.npos;
  });
  if (in_any_order.contains(name)) std::sort(lines.begin(), lines.end());
  return lines;
}

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST_CASE("every numbered example prints what its .output file says") {
  const auto names = numbered_examples();
  CHECK(names.size() >= 15);
  for (const auto& name : names) {
    if (thread_sanitizer && name == "150_fibers") {
      WARN(
          "skipped " << name
                     << ": ThreadSanitizer wants to be told of each switch, which a user's code does not do");
      continue;
    }
    const auto program = run_example(name);
    CHECK(program.status == 0);
    const std::string output = normalised(program.out + program.err);
    const fs::path actual = fs::path(CTXLOG_EXAMPLES_DIR) / (name + ".actual");
    std::ofstream(actual, std::ios::binary) << output;
    INFO("printed: " << actual.string());
    CHECK(comparable(name, output) ==
          comparable(name, read_file(fs::path(CTXLOG_EXAMPLES_SOURCE_DIR) / (name + ".output"))));
  }
}

TEST_CASE("every example says in its first line what it shows") {
  for (const auto& name : numbered_examples()) {
    const auto lines = split_lines(read_file(fs::path(CTXLOG_EXAMPLES_SOURCE_DIR) / (name + ".cpp")));
    CAPTURE(name);
    REQUIRE(lines.size() > 2);
    CHECK(lines[0].starts_with("// "));
    CHECK(lines[1] == "// SPDX-License-Identifier: MIT");
  }
}

}  // namespace
