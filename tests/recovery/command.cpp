// The command `ctxlog recover`.
// SPDX-License-Identifier: MIT
#include "support.hpp"

using namespace recovery_test;

namespace {

const std::string command = CTXLOG_COMMAND;

// A queue file with fifty records.
std::string leave_records(const workspace& place) {
  CHECK(run_writer("end", place, {"kill"}) == -SIGKILL);
  return place.only_queue_file();
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

}  // namespace

TEST_CASE("the command writes what a process left to standard output and says what it did", "[recovery]") {
  const workspace place;
  const std::string file = leave_records(place);
  const auto kept = run_captured(place, {command, "recover", "--keep", file});
  CHECK(kept.status == 0);
  CHECK(fs::exists(file));
  const auto result = run_captured(place, {command, "recover", file});
  CHECK(result.status == 0);
  CHECK(result.output == kept.output);
  seen_lines seen;
  seen.read(result.output);
  CHECK(seen.wrong == strings{});
  CHECK(seen.next[0] == 50);
  CHECK(has(result.errors, "50 records recovered, 0 already written, 0 queues damaged; process "));
  CHECK(has(result.errors, writer));
  CHECK_FALSE(fs::exists(file));
}

TEST_CASE("the command completes the log file of the process", "[recovery]") {
  const workspace place;
  const std::string file = leave_records(place);
  const auto all = split_lines(run_captured(place, {command, "recover", "--keep", file}).output);
  REQUIRE(all.size() == 50);
  const std::string torn = all[10].substr(0, all[10].size() - 5);
  {
    std::ofstream log(place.log);
    for (std::size_t i = 0; i < 10; ++i) log << all[i] << '\n';
    log << torn;
  }
  const auto result = run_captured(place, {command, "recover", file, "--output", place.log.string()});
  CHECK(result.status == 0);
  CHECK(has(result.errors, "39 records recovered, 11 already written"));
  CHECK(split_lines(read_file(place.log)) == all);
}

TEST_CASE("the command writes each format", "[recovery]") {
  const workspace place;
  const std::string file = leave_records(place);
  for (const std::string format : {"json", "ecs", "gcp", "datadog", "otlp", "loguru", "logfmt", "pretty"}) {
    const auto result = run_captured(place, {command, "recover", "--keep", "--format", format, file});
    INFO(format << ": " << result.errors);
    CHECK(result.status == 0);
    CHECK(split_lines(result.output).size() == 50);
  }
}

TEST_CASE("the command refuses what it cannot recover and goes on with the other files", "[recovery]") {
  const workspace place;
  const std::string file = leave_records(place), foreign = (place.root / "foreign").string();
  std::ofstream(foreign) << std::string(10'000, 'x');
  const auto result = run_captured(place, {command, "recover", "missing", foreign, file});
  CHECK(result.status == 1);
  CHECK(has(result.errors, "cannot open \"missing\": No such file or directory"));
  CHECK(has(result.errors, "\"" + foreign + "\": expected a queue file of ctxlog"));
  CHECK(split_lines(result.output).size() == 50);
}

TEST_CASE("the command leaves the queues of a running process alone", "[recovery]") {
  const workspace place;
  sinks_test::pipe_pair input, output;
  process alive(writer_words("live", place), input.read_end(), output.write_end());
  REQUIRE(sinks_test::read_some(output.read_end(), 1) == "b");
  const auto result = run_captured(place, {command, "recover", place.only_queue_file()});
  CHECK(result.status == 1);
  CHECK(has(result.errors, "it belongs to process " + std::to_string(alive.id()) + ", which still runs"));
  CHECK(result.output.empty());
}

TEST_CASE("the command keeps the file when its output cannot be written", "[recovery]") {
  const workspace place;
  const std::string file = leave_records(place);
  const auto result = run_captured(place, {command, "recover", file, "--output", "/dev/full"});
  CHECK(result.status == 1);
  CHECK(has(result.errors, "/dev/full: No space left on device"));
  CHECK(fs::exists(file));
}

TEST_CASE("the command says how it is used", "[recovery]") {
  const workspace place;
  CHECK(run_captured(place, {command, "recover"}).status == 2);
  CHECK(run_captured(place, {command, "recover", "--format", "xml", "file"}).status == 2);
  CHECK(run_captured(place, {command}).status == 2);
  const auto help = run_captured(place, {command, "recover", "--help"});
  CHECK(help.status == 0);
  CHECK(has(help.output, "Exit status"));
  const auto version = run_captured(place, {command, "--version"});
  CHECK(version.status == 0);
  CHECK(version.output == "ctxlog " CTXLOG_PROJECT_VERSION "\n");
}
