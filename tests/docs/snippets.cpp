// The documentation shows nothing that is not compiled: its C++ stands in the examples, word for word.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;

const fs::path source_directory = CTXLOG_SOURCE_DIR;

std::string without_indentation(std::string_view line) {
  const auto first = line.find_first_not_of(' ');
  return std::string(first == line.npos ? std::string_view() : line.substr(first));
}

// Lines are compared without their indentation and put together with marks that no line contains.
std::string normalised(std::istream& text) {
  std::string result = "\n";
  for (std::string line; std::getline(text, line);) result += without_indentation(line) + '\n';
  return result;
}

std::vector<std::string> cpp_blocks(const fs::path& document) {
  std::ifstream text(document);
  std::vector<std::string> blocks;
  bool inside = false;
  std::string block;
  for (std::string line; std::getline(text, line);) {
    if (!inside && line == "```cpp") {
      inside = true;
      block = "\n";
    } else if (inside && line == "```") {
      inside = false;
      blocks.push_back(block);
    } else if (inside) {
      block += without_indentation(line) + '\n';
    }
  }
  return blocks;
}

// What stands outside of code: "](" there is a link, and no lambda.
std::string prose_of(const fs::path& document) {
  std::ifstream text(document);
  std::string result;
  bool inside = false;
  for (std::string line; std::getline(text, line);) {
    if (without_indentation(line).starts_with("```"))
      inside = !inside;
    else if (!inside)
      result += line + '\n';
  }
  return result;
}

std::vector<std::string> compiled_sources() {
  std::vector<std::string> sources;
  for (const auto& entry : fs::recursive_directory_iterator(source_directory / "examples")) {
    if (entry.path().extension() != ".cpp" && entry.path().extension() != ".hpp") continue;
    std::ifstream text(entry.path());
    sources.push_back(normalised(text));
  }
  return sources;
}

std::vector<fs::path> documents() {
  std::vector<fs::path> found{source_directory / "README.md"};
  for (const auto& entry : fs::directory_iterator(source_directory / "docs"))
    if (entry.path().extension() == ".md") found.push_back(entry.path());
  return found;
}

}  // namespace

TEST_CASE("every C++ block of the documentation stands in a compiled example", "[docs]") {
  const auto sources = compiled_sources();
  REQUIRE(sources.size() > 5);
  std::size_t blocks = 0;
  for (const auto& document : documents())
    for (const auto& block : cpp_blocks(document)) {
      ++blocks;
      INFO(document.string() << block);
      CHECK(std::any_of(sources.begin(), sources.end(),
                        [&](const std::string& source) { return source.find(block) != source.npos; }));
    }
  CHECK(blocks > 10);
}

TEST_CASE("every file that the documentation links to is there", "[docs]") {
  for (const auto& document : documents()) {
    const std::string content = prose_of(document);
    for (std::size_t at = content.find("]("); at != content.npos; at = content.find("](", at + 1)) {
      const std::string target = content.substr(at + 2, content.find_first_of(")#", at) - at - 2);
      if (target.empty() || target.find("://") != target.npos) continue;
      INFO(document.string() << " -> " << target);
      CHECK(fs::exists(document.parent_path() / target));
    }
  }
}
