// Environment variables from a file: what is understood, what is refused, what wins.
// SPDX-License-Identifier: MIT
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "logger.hpp"

namespace {

using logger_test::run_child;

class dotenv_file {
 public:
  explicit dotenv_file(const std::string& text) {
    std::string pattern = (std::filesystem::temp_directory_path() / "ctxlog-dotenv-XXXXXX").string();
    const int descriptor = ::mkstemp(pattern.data());
    REQUIRE(descriptor != -1);
    ::close(descriptor);
    path_ = pattern;
    std::ofstream(path_, std::ios::binary) << text;
  }
  dotenv_file(const dotenv_file&) = delete;
  dotenv_file& operator=(const dotenv_file&) = delete;
  ~dotenv_file() { std::filesystem::remove(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

struct outcome {
  std::map<std::string, std::string> variables;
  logger_test::child_result child;
};

outcome loaded(const std::string& text, std::vector<std::string> environment = {}) {
  const dotenv_file file(text);
  outcome result{{}, run_child("config_print", {"dotenv", file.path()}, std::move(environment))};
  CHECK(result.child.status == 0);
  for (const auto& line : result.child.output_lines()) {
    const auto rec = nlohmann::json::parse(line);
    result.variables[rec["name"]] = rec["text"];
  }
  return result;
}

TEST_CASE("a file chooses the mode unless the environment does", "[CH-07]") {
  const auto from_file = loaded("ENV=PROD\n");
  CHECK(from_file.child.errors.empty());
  CHECK(from_file.child.output_lines().size() == 8);
  const auto from_environment = loaded("ENV=PROD\n", {"ENV=DEV"});
  CHECK(from_environment.child.output.empty());
  CHECK(from_environment.child.error_lines().size() == 8);
}

TEST_CASE("a variable that is set wins over the file, an empty one too", "[CH-07]") {
  auto result = loaded("ENV=PROD\nA=file\nB=file\nC=file\n", {"A=environment", "B="});
  CHECK(result.variables["A"] == "environment");
  CHECK(result.variables["B"].empty());
  CHECK(result.variables["C"] == "file");
}

TEST_CASE("blank lines, comments, export and quotes are understood", "[CH-07]") {
  auto result = loaded(
      "# a comment\n\n  \t\nENV=PROD\r\nA=plain value # a comment\nexport B = spaced \nC='single # no "
      "comment'\n"
      "D=\"double = \"  # a comment\n  E=#not a comment\nF=\nG=a=b\nH=last line without newline");
  CHECK(result.child.errors.empty());
  CHECK(result.variables["A"] == "plain value");
  CHECK(result.variables["B"] == "spaced");
  CHECK(result.variables["C"] == "single # no comment");
  CHECK(result.variables["D"] == "double = ");
  CHECK(result.variables["E"] == "#not a comment");
  CHECK(result.variables["F"].empty());
  CHECK(result.variables["G"] == "a=b");
  CHECK(result.variables["H"] == "last line without newline");
}

TEST_CASE("values are taken as they are: nothing is interpreted", "[CH-07][H15]") {
  auto result = loaded("ENV=PROD\nA=${HOME}\nB=$(id)\nC=`id`\nD=a\\nb\n");
  CHECK(result.variables["A"] == "${HOME}");
  CHECK(result.variables["B"] == "$(id)");
  CHECK(result.variables["C"] == "`id`");
  CHECK(result.variables["D"] == "a\\nb");
}

TEST_CASE("a line that is no assignment is reported with its number and skipped", "[CH-07]") {
  auto result = loaded("ENV=PROD\nno assignment\n=value\n1A=x\nA='open\nB=\"closed\" rest\nC=good\n");
  CHECK(result.variables["C"] == "good");
  CHECK(result.variables["A"] == "(unset)");
  CHECK(result.variables["B"] == "(unset)");
  const auto lines = result.child.error_lines();
  REQUIRE(lines.size() == 5);
  for (std::size_t i = 0; i < lines.size(); ++i)
    CHECK(lines[i].find(":" + std::to_string(i + 2) + ": ") != std::string::npos);
}

TEST_CASE("a bad line is reported by its place, its name and what was expected, never by its value",
          "[CH-07][H15]") {
  const auto errors = loaded(
                          "A='hunter2\nB=\"hunter2\" hunter2\nhunter2\nhunter2 = hunter2=hunter2\n"
                          "hunter2 hunter2=hunter2\n")
                          .child.error_lines();
  REQUIRE(errors.size() >= 4);
  const auto says = [&](std::size_t line, const std::string& what) {
    return errors[line - 1].ends_with(":" + std::to_string(line) + ": " + what + "; the line is skipped");
  };
  CHECK(says(1, "A: expected a closing quote"));
  CHECK(says(2, "B: expected nothing but a comment after the closing quote"));
  CHECK(says(3, "expected NAME=value"));
  CHECK(errors[3].ends_with(":5: expected a name of letters, digits and _ before =; the line is skipped"));
  for (const auto& line : errors) CHECK(line.find("hunter2") == line.npos);
}

TEST_CASE("a file that is not there is no error", "[CH-07]") {
  const auto child = run_child("config_print", {"dotenv", "/nonexistent/.env"});
  CHECK(child.status == 3);
  CHECK(child.errors.empty());
}

}  // namespace
