// Ways in which a process ends without delivering what it accepted, and who delivers it then.
// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <catch2/generators/catch_generators.hpp>
#include <memory>

#include "ctxlog/encoder.hpp"
#include "ctxlog/recover.hpp"
#include "sanitizers.hpp"
#include "support.hpp"

using namespace recovery_test;

namespace {

strings lines_in(const std::string& queue_file) {
  strings lines;
  ctxlog::recover(
      queue_file, *ctxlog::json_encoder(),
      [&](const ctxlog::record&, std::string_view line) { lines.emplace_back(line); }, true);
  return lines;
}

void append(const fs::path& log, std::string_view text) { std::ofstream(log, std::ios::app) << text; }

}  // namespace

TEST_CASE("records pending at a crash are delivered by the next start, once", "[recovery]") {
  const auto* const how =
      GENERATE("segv", "abort", "exception", "terminate", "_exit", "quick_exit", "term", "kill");
  INFO(how);
  if (thread_sanitizer && std::string_view(how) == "_exit")
    SKIP("ThreadSanitizer waits for a second before it exits, in which the first line is flushed");
  const workspace place;
  CHECK(run_writer("end", place, {how}) != 0);
  CHECK(read_file(place.log).empty());
  REQUIRE(run_writer("recover", place) == 0);
  check_recovered(place, 50, 50);
  REQUIRE(run_writer("recover", place) == 0);
  check_recovered(place, 50, 50);
}

TEST_CASE("records refer to what was said while the queue went round many times", "[recovery]") {
  const workspace place;
  CHECK(run_writer("end", place, {"kill", "5000"}) == -SIGKILL);
  REQUIRE(run_writer("recover", place) == 0);
  const seen_lines seen = lines_of(place.log);
  CHECK(seen.wrong == strings{});
  CHECK(seen.next[0] == 5050);
  for (const auto& line : split_lines(read_file(place.log)))
    if (parse_sequence(line).is_whole && line.find("\"request\":\"r-1\"") == line.npos) FAIL_CHECK(line);
}

TEST_CASE("records count as delivered when the sinks have written them, not before", "[recovery]") {
  const workspace place;
  CHECK(run_writer("end_before_flush", place) == -SIGKILL);
  CHECK(read_file(place.log).empty());
  REQUIRE(run_writer("recover", place) == 0);
  check_recovered(place, 50, 50);
}

TEST_CASE("lines that reached the log file are not written again", "[recovery]") {
  const workspace place;
  CHECK(run_writer("end", place, {"kill"}) == -SIGKILL);
  const strings lines = lines_in(place.only_queue_file());
  REQUIRE(lines.size() == 50);
  for (std::size_t i = 0; i < 10; ++i) append(place.log, lines[i]);
  REQUIRE(run_writer("recover", place) == 0);
  check_recovered(place, 50, 40);
}

TEST_CASE("a line that the log file ends in the middle of is completed before anything else", "[recovery]") {
  const auto torn = GENERATE(0u, 3u);  // the oldest record that is missing, or a later one
  const workspace place;
  CHECK(run_writer("end", place, {"kill"}) == -SIGKILL);
  const strings lines = lines_in(place.only_queue_file());
  REQUIRE(lines.size() == 50);
  append(place.log, lines[torn].substr(0, lines[torn].size() - 5));
  REQUIRE(run_writer("recover", place) == 0);
  strings written = split_lines(read_file(place.log));
  REQUIRE(written.size() == 51);
  CHECK(written[0] + "\n" == lines[torn]);
  CHECK(written.back().find("\"recovered\":50") != std::string::npos);
  written.pop_back();
  std::sort(written.begin(), written.end(), [](const std::string& a, const std::string& b) {
    return parse_sequence(a).number < parse_sequence(b).number;
  });
  for (std::size_t i = 0; i < 50; ++i) CHECK(written[i] + "\n" == lines[i]);
}

TEST_CASE("a log file that was renamed meanwhile still counts", "[recovery]") {
  const workspace place;
  CHECK(run_writer("end", place, {"kill"}) == -SIGKILL);
  const strings lines = lines_in(place.only_queue_file());
  for (std::size_t i = 0; i < 10; ++i) append(place.log, lines[i]);
  fs::rename(place.log, place.root / "app.log.1");
  append(place.log, lines[10]);
  REQUIRE(run_writer("recover", place) == 0);
  const seen_lines seen = lines_of(place.log);
  CHECK(seen.recovered == 39);
  CHECK(seen.sequence == 40);
}

TEST_CASE("several queue files are recovered by one start", "[recovery]") {
  const workspace place;
  SECTION("of two processes") {
    workspace other;  // where the second does not find what the first left
    other.log = place.log;
    CHECK(run_writer("end", place, {"kill"}) == -SIGKILL);
    CHECK(run_writer("end", other, {"kill"}) == -SIGKILL);
    const fs::path left = other.only_queue_file();
    fs::copy_file(left, place.queues / left.filename());
  }
  SECTION("of two pipelines of one process") { CHECK(run_writer("two_pipelines", place) == -SIGKILL); }
  CHECK(place.queue_files().size() == 2);
  REQUIRE(run_writer("recover", place) == 0);
  const seen_lines seen = lines_of(place.log);
  CHECK(seen.sequence == 100);
  CHECK(seen.markers == 2);
  CHECK(seen.recovered == 100);
  CHECK(place.queue_files().empty());
}

TEST_CASE("the file of a program of another name is left alone", "[recovery]") {
  const workspace place;
  const std::string other = (place.root / "other_program").string();
  fs::copy_file(writer, other);
  strings words = writer_words("end", place, {"kill"});
  words[0] = other;
  CHECK(run(words) == -SIGKILL);
  REQUIRE(run_writer("recover", place) == 0);
  CHECK(read_file(place.log).empty());
  CHECK(place.queue_files().size() == 1);
  words = writer_words("recover", place);
  words[0] = other;
  REQUIRE(run(words) == 0);
  check_recovered(place, 50, 50);
}

TEST_CASE("the file of a process that runs is left alone", "[recovery]") {
  const workspace place;
  sinks_test::pipe_pair input, output;
  process alive(writer_words("live", place), input.read_end(), output.write_end());
  REQUIRE(sinks_test::read_some(output.read_end(), 1) == "b");
  REQUIRE(run_writer("recover", place) == 0);
  CHECK(read_file(place.log).empty());
  const std::string path = place.only_queue_file();
  CHECK_THROWS_AS(lines_in(path), std::runtime_error);
  input.close_read();
  input.close_write();
  CHECK(alive.wait() == -SIGKILL);
  REQUIRE(run_writer("recover", place) == 0);
  check_recovered(place, 50, 50);
}

TEST_CASE("without a sink the records wait for a later start", "[recovery]") {
  const workspace place;
  CHECK(run_writer("end", place, {"kill"}) == -SIGKILL);
  REQUIRE(run_writer("recover_without_sinks", place) == 0);
  CHECK(place.queue_files().size() == 1);
  REQUIRE(run_writer("recover", place) == 0);
  check_recovered(place, 50, 50);
}

TEST_CASE("records that a sink keeps back stay in the queue file too, and are written once", "[recovery]") {
  const workspace place;
  CHECK(run_writer("end", place, {"kill"}) == -SIGKILL);
  const std::string file = place.only_queue_file();
  REQUIRE(run_writer("recover_without_flush", place) == 0);
  CHECK(fs::exists(file));
  REQUIRE(run_writer("recover", place) == 0);
  check_recovered(place, 50, 50);
}

TEST_CASE("the file of another user is left alone", "[recovery]") {
  if (::geteuid() != 0) SKIP("only root can give a file away");
  const workspace place;
  CHECK(run_writer("end", place, {"kill"}) == -SIGKILL);
  const std::string file = place.only_queue_file();
  constexpr uid_t nobody = 65534;
  REQUIRE(::chown(file.c_str(), nobody, nobody) == 0);
  REQUIRE(run_writer("recover", place) == 0);
  CHECK(read_file(place.log).empty());
  CHECK(fs::exists(file));
  REQUIRE(::chown(file.c_str(), 0, 0) == 0);
  REQUIRE(run_writer("recover", place) == 0);
  check_recovered(place, 50, 50);
}

TEST_CASE("a process killed while its reader keeps a pipe full has lost nothing", "[recovery]") {
  const workspace place;
  const accepted_counts accepted(place);
  sinks_test::pipe_pair pipe;
  process child(writer_words("pipe", place, {accepted.path()}), -1, pipe.write_end());
  // A full pipe (64 KiB) and a full queue: its thread waits in the kernel, the caller for room.
  const auto is_full = [&] {
    int bytes = 0;
    return ::ioctl(pipe.read_end(), FIONREAD, &bytes) == 0 && bytes >= 32 * 1024;
  };
  while (!is_full() && !child.has_ended()) ::sched_yield();
  for (long last = -1; accepted.sum() != last;) {  // until nothing more is accepted
    last = accepted.sum();
    for (int i = 0; i < 1000; ++i) ::sched_yield();
  }
  child.kill();
  CHECK(child.wait() == -SIGKILL);
  pipe.close_write();
  const std::string before = sinks_test::read_all(pipe.read_end());
  const auto after = run_captured(place, writer_words("recover_on_pipe", place));
  // What was under way to the pipe may be there twice, and the last line before the kill in part.
  const seen_lines first = [&] {
    seen_lines seen;
    seen.read(before);
    return seen;
  }();
  CHECK(first.wrong == strings{});
  long next = -1;
  for (const auto& line : split_lines(after.output)) {
    const auto parsed = parse_sequence(line);
    if (!parsed.is_whole) continue;
    if (next == -1) CHECK(parsed.number <= first.next[0]);
    if (next != -1) CHECK(parsed.number == next);
    next = parsed.number + 1;
  }
  CHECK(next >= accepted.sum());
  CHECK(place.queue_files().empty());
}

TEST_CASE("recovered records are what would have been written", "[recovery]") {
  const auto* const patchers = GENERATE("context_patchers", "record_patchers");
  const workspace now, later;
  REQUIRE(run_writer("one_of_each", now, {"sync", patchers}) == 0);
  CHECK(run_writer("one_of_each", later, {"async", patchers}) == -SIGKILL);
  CHECK(read_file(later.log).empty());
  REQUIRE(run_writer("recover", later) == 0);
  // All but the moment and the thread.
  const auto same_parts = [](std::string line) {
    const auto time = line.find("\"level\"");
    const auto from = line.find("\"thread\":");
    const auto to = line.find(",\"message\"");
    if (time == line.npos || from == line.npos || to == line.npos) return "not expected: " + line;
    return line.substr(time, from - time) + line.substr(to);
  };
  const strings expected = split_lines(read_file(now.log)), recovered = split_lines(read_file(later.log));
  REQUIRE(expected.size() > 10);
  REQUIRE(recovered.size() == expected.size() + 1);
  for (std::size_t i = 0; i < expected.size(); ++i)
    CHECK(same_parts(recovered[i]) == same_parts(expected[i]));
}

TEST_CASE("a directory that cannot be used is said once and the pipeline works in memory", "[recovery]") {
  workspace place;
  place.queues = place.root / "missing";
  const auto result = run_captured(place, writer_words("end", place, {"_exit"}));
  CHECK(result.status == 3);
  CHECK(split_lines(result.errors).size() == 1);
  CHECK(result.errors.find((place.root / "missing").string()) != std::string::npos);
  CHECK(result.errors.find("will not outlive a crash") != std::string::npos);
}

TEST_CASE("a full file system for the queues neither loses a record nor ends the program", "[recovery]") {
  const auto* const kibibytes = GENERATE("64", "528", "700");  // not the file, not one queue, not all queues
  const workspace place;
  const auto result = run_captured(place, writer_words("small_disk", place, {kibibytes}));
  if (result.status == 77) SKIP("mounting a file system is not allowed here");
  REQUIRE(result.status == 0);
  INFO(result.errors);
  const seen_lines seen = lines_of(place.log);
  CHECK(seen.wrong == strings{});
  CHECK(seen.sequence == 8000);
}

TEST_CASE("a recovery that was killed is continued, whatever log file it wrote to", "[recovery]") {
  const workspace place;
  CHECK(run_writer("end", place, {"kill"}) == -SIGKILL);
  // That start recovers into a file of its own, stops at the twentieth record and is killed.
  const fs::path other = place.root / "other.log";
  strings words = writer_words("end", place, {"kill", "20"});
  words[2] = other.string();
  CHECK(run(words) == -SIGKILL);
  words = writer_words("recover", place);
  words[2] = other.string();
  REQUIRE(run(words) == 0);
  CHECK(read_file(place.log).empty());
  strings lines = split_lines(read_file(other));
  CHECK(lines_of(other).sequence == 120);  // fifty, and the seventy of that start
  std::sort(lines.begin(), lines.end());
  CHECK(std::adjacent_find(lines.begin(), lines.end()) == lines.end());
}

TEST_CASE("the time of a record is known though nothing was ever delivered", "[recovery]") {
  const workspace place;
  CHECK(run_writer("end_at_once", place) == -SIGKILL);
  const strings lines = lines_in(place.only_queue_file());
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].starts_with("{\"time\":\"20"));
}
