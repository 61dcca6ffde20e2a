// SIGKILL at a random moment: nothing accepted is lost, nothing is there twice, no line is torn.
// SPDX-License-Identifier: MIT
#include <sched.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <random>

#include "sanitizers.hpp"
#include "support.hpp"

using namespace recovery_test;

namespace {

int number_of_kills() {
  if (const char* const chosen = std::getenv("CTXLOG_KILLS")) return std::atoi(chosen);
  return thread_sanitizer ? 20 : 100;
}

// As soon as that many records are accepted: an event of the child, at a moment that nobody chose.
void kill_at(const process& child, const accepted_counts& accepted, long records) {
  while (accepted.sum() < records && !child.has_ended()) ::sched_yield();
  child.kill();
}

enum class recovering { once, killed_first, by_two };

void recover_as(recovering way, const workspace& place, std::mt19937& random) {
  if (way == recovering::killed_first) {
    // Its work is visible: the log grows. Killed before, within or after it.
    const auto size = [&] { return fs::exists(place.log) ? fs::file_size(place.log) : 0; };
    process first(writer_words("recover", place));
    const auto limit = size() + std::uniform_int_distribution<std::uintmax_t>(0, 64 * 1024)(random);
    while (size() < limit && !first.has_ended()) ::sched_yield();
    first.kill();
    first.wait();
  }
  process one(writer_words("recover", place));
  if (way == recovering::by_two) {
    process other(writer_words("recover", place));
    REQUIRE(other.wait() == 0);
  }
  REQUIRE(one.wait() == 0);
}

struct totals {
  long recovered = 0, torn = 0, pending = 0;
};

void kill_and_recover(std::mt19937& random, int n, totals& sum, const strings& more) {
  const workspace place;
  const accepted_counts accepted(place);
  strings words{accepted.path()};
  words.insert(words.end(), more.begin(), more.end());
  process child(writer_words("write", place, words));
  kill_at(child, accepted, std::uniform_int_distribution<long>(0, 8000)(random));
  REQUIRE(child.wait() == -SIGKILL);

  const bool rotates = !more.empty();
  const auto whole_log = [&] {
    // The names of files put aside are in the order of their times; the present one is the last.
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(place.root)) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with("app.") && name.ends_with(".log") && name != "app.log")
        files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    files.push_back(place.log);
    seen_lines seen;
    std::string text;
    for (const auto& each : files) text += read_file(each);
    seen.read(text);
    return seen;
  };
  const seen_lines before = whole_log();
  const auto way = rotates ? recovering::once : static_cast<recovering>(n % 3);
  recover_as(way, place, random);
  const seen_lines after = whole_log();
  INFO("kill " << n << ", " << accepted.sum() << " accepted, " << before.sequence << " written before");
  CHECK(before.wrong == strings{});
  CHECK(after.wrong == strings{});
  CHECK(after.torn.empty());
  for (std::size_t t = 0; t < 4; ++t) CHECK(after.next[t] >= accepted.of(t));
  CHECK(place.queue_files().empty());
  if (way != recovering::killed_first) CHECK(after.sequence == before.sequence + after.recovered);
  sum.recovered += after.recovered;
  sum.torn += before.torn.empty() ? 0 : 1;
  sum.pending += after.sequence > before.sequence ? 1 : 0;
}

void kill_often(int times, const strings& more) {
  const auto seed = std::random_device()();
  std::mt19937 random(seed);
  INFO("seed " << seed);
  totals sum;
  for (int n = 0; n < times; ++n) kill_and_recover(random, n, sum, more);
  std::printf("%d kills, seed %u: %ld left records behind, %ld a line torn; %ld records recovered\n", times,
              seed, sum.pending, sum.torn, sum.recovered);
  CHECK(sum.pending > 0);
}

}  // namespace

TEST_CASE("what four threads logged survives SIGKILL at any moment, also during the recovery", "[recovery]") {
  kill_often(number_of_kills(), {});
}

TEST_CASE("what was logged survives SIGKILL while the log file rotates", "[recovery]") {
  kill_often(std::max(1, number_of_kills() / 5), {"rotating"});
}
