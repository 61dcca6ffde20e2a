// Damaged queue files: what comes out was written, once; nothing crashes.
// SPDX-License-Identifier: MIT
#include <cstdint>
#include <cstring>
#include <set>
#include <stdexcept>
#include <utility>

#include "ctxlog/encoder.hpp"
#include "ctxlog/recover.hpp"
#include "support.hpp"

using namespace recovery_test;

namespace {

constexpr std::size_t page = 4096, ring = 16 * 1024, dictionary_bytes_at = 20, dictionary_used_at = 296;

void put(std::string& bytes, std::size_t at, std::uint32_t value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
}
template <class T>
T get(const std::string& bytes, std::size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

// The file of a process that was killed, without the room in it that nobody used: one queue, a small dictionary.
std::string left_file() {
  const workspace place;
  CHECK(run_writer("end", place, {"kill"}) == -SIGKILL);
  const std::string whole = read_file(place.only_queue_file());
  const auto dictionary = get<std::uint32_t>(whole, dictionary_bytes_at);
  REQUIRE(dictionary > page);
  REQUIRE(get<std::uint64_t>(whole, dictionary_used_at) < page);
  std::string small = whole.substr(0, 2 * page) + whole.substr(page + dictionary, page + ring);
  put(small, 12, 1);
  put(small, dictionary_bytes_at, page);
  return small;
}

struct outcome {
  bool refused = false;
  std::vector<std::pair<long, long>> records;  // thread and number, -1 where the line does not say
};

outcome recover_from(const workspace& place, const std::string& bytes) {
  static const auto json = ctxlog::json_encoder();
  const fs::path path = place.root / "damaged";
  std::ofstream(path, std::ios::binary) << bytes;
  outcome result;
  try {
    ctxlog::recover(
        path, *json,
        [&](const ctxlog::record&, std::string_view line) {
          const auto parsed = parse_sequence(line.substr(0, line.size() - 1));
          result.records.emplace_back(parsed.thread, parsed.number);
        },
        true);
  } catch (const std::runtime_error&) {
    result.refused = true;
  }
  return result;
}

void check_nothing_invented(const outcome& result) {
  const std::set<std::pair<long, long>> once(result.records.begin(), result.records.end());
  CHECK(once.size() == result.records.size());
  for (const auto& [thread, number] : result.records) {
    CHECK(thread == 0);
    CHECK((number >= 0 && number < 50));
  }
}

}  // namespace

TEST_CASE("a queue file cut at any length is refused", "[recovery]") {
  const workspace place;
  const std::string bytes = left_file();
  REQUIRE(recover_from(place, bytes).records.size() == 50);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto result = recover_from(place, bytes.substr(0, size));
    if (!result.refused) FAIL("not refused with " << size << " of " << bytes.size() << " bytes");
  }
}

TEST_CASE("a byte changed in the heads of a queue file invents no record", "[recovery]") {
  const workspace place;
  const std::string bytes = left_file();
  const std::size_t queue = 2 * page;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < page; ++i) places.push_back(i);
  for (std::size_t i = 0; i < 128; ++i) places.push_back(queue + i);
  // The heads of the first frames: a state, then records.
  std::size_t at = queue + page;
  for (int frame = 0; frame < 4; ++frame) {
    for (std::size_t i = 0; i < 32; ++i) places.push_back(at + i);
    at += (get<std::uint32_t>(bytes, at) + 7) & ~7u;
  }
  for (const std::size_t changed : places)
    for (const char mask : {'\x01', '\x80', '\xff'}) {
      std::string damaged = bytes;
      damaged[changed] = static_cast<char>(damaged[changed] ^ mask);
      INFO("byte " << changed << " xor " << static_cast<int>(mask));
      check_nothing_invented(recover_from(place, damaged));
    }
}

TEST_CASE("a byte changed within a frame or a call site spoils what refers to it alone", "[recovery]") {
  const workspace place;
  const std::string bytes = left_file();
  const std::size_t frames = 3 * page;
  for (std::size_t changed = page; changed < frames + 512; ++changed) {
    if (changed == page + get<std::uint64_t>(bytes, dictionary_used_at)) changed = frames;
    std::string damaged = bytes;
    damaged[changed] = static_cast<char>(damaged[changed] ^ 0x55);
    INFO("byte " << changed);
    CHECK(recover_from(place, damaged).records.size() <= 50);
  }
}
