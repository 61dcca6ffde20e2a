// Fuzz target: damage to the queue file of a process that was killed. The first byte says whether the checks of
// frames are made anew, as they would be by chance; then edits of four bytes: place (two), how, value.
// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <sys/wait.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <thread>
#include <utility>

#include "async/dead_queues.hpp"
#include "async/frame.hpp"
#include "ctxlog/ctxlog.hpp"
#include "ctxlog/sinks/callback.hpp"
#include "support.hpp"

namespace {

namespace fs = std::filesystem;
using namespace ctxlog::literals;
using namespace ctxlog::detail;
using record_name = std::pair<std::int64_t, std::int64_t>;  // thread, number

constexpr std::uint32_t queue_bytes = 16 * 1024, queue_count = 2;
constexpr int records_of_each = 40;

void log_records(int thread) {
  const auto ambient = ctxlog::with_fields("request"_kv = "r-1");
  const ctxlog::logger bound = ctxlog::logger("net").bind("peer"_kv = std::vector{1, 2});
  for (int i = 0; i < records_of_each; i += 2) {
    ctxlog::info("typed {}", 1.5, "t"_kv = thread, "i"_kv = i, "text"_kv = "some text");
    bound.warn(ctxlog::runtime("dynamic {t}"), ctxlog::kv("t", thread), ctxlog::kv("i", i + 1));
  }
}

[[noreturn]] void leave_records(const std::string& directory) {
  std::atomic<bool> blocked{false};
  const auto block = [&](const ctxlog::record&, std::string_view) {
    blocked = true;
    blocked.notify_all();
    while (true) ::pause();
  };
  ctxlog::configure(
      {.mode = ctxlog::mode::prod,
       .pipeline = ctxlog::async_pipeline{.queue_bytes = queue_bytes,
                                          .memory_bytes = queue_count * (queue_bytes + page_bytes),
                                          .directory = directory},
       .sinks = {{{std::make_shared<ctxlog::callback_sink>(block), {}}}}});
  log_records(0);
  std::thread([] { log_records(1); }).join();
  blocked.wait(false);
  ::_exit(0);
}

struct image {
  std::string bytes;
  file_layout layout{queue_count, queue_bytes, page_bytes};
  std::vector<std::size_t> heads;        // of all frames, in bytes of the file
  std::vector<std::uint64_t> positions;  // the same in their queues
};

std::string file_of_killed_process() {
  std::string directory = "/tmp/ctxlog-fuzz-XXXXXX";
  FUZZ_CHECK(::mkdtemp(directory.data()) != nullptr);
  const pid_t child = ::fork();
  if (child == 0) leave_records(directory);
  ::waitpid(child, nullptr, 0);
  const fs::path path = fs::directory_iterator(directory)->path();
  std::ifstream file(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  fs::remove_all(directory);
  return bytes;
}

// Without the room in the dictionary that nobody used.
image made_image() {
  const std::string whole = file_of_killed_process();
  std::uint32_t dictionary = 0;
  std::memcpy(&dictionary, whole.data() + offsetof(file_head, dictionary_bytes), sizeof dictionary);
  image made;
  made.bytes = whole.substr(0, 2 * page_bytes) + whole.substr(page_bytes + dictionary);
  made.bytes.resize(made.layout.size());
  const std::uint32_t small = page_bytes;
  std::memcpy(made.bytes.data() + offsetof(file_head, dictionary_bytes), &small, sizeof small);
  for (std::size_t n = 0; n < queue_count; ++n) {
    const std::size_t at = made.layout.queue(n);
    std::uint64_t written = 0;
    std::memcpy(&written, made.bytes.data() + at, sizeof written);
    FUZZ_CHECK(written != 0 && written < queue_bytes);
    for (std::uint64_t position = 0; position < written;) {
      made.heads.push_back(at + page_bytes + position);
      made.positions.push_back(position);
      frame_head head{};
      std::memcpy(&head, made.bytes.data() + made.heads.back(), sizeof head);
      position += padded(head.size);
    }
  }
  return made;
}

void make_checks_anew(const image& of, std::string& bytes) {
  std::uint64_t nonce = 0;
  std::memcpy(&nonce, bytes.data() + offsetof(file_head, nonce), sizeof nonce);
  for (std::size_t i = 0; i < of.heads.size(); ++i) {
    frame_head head{};
    std::memcpy(&head, bytes.data() + of.heads[i], sizeof head);
    head.check = check_of(head, of.positions[i], nonce);
    std::memcpy(bytes.data() + of.heads[i], &head, sizeof head);
  }
}

// Heads are checked, the content of frames and the dictionary are not.
bool is_checked(const image& of, std::size_t place) {
  if (place < page_bytes) return true;
  if (place < of.layout.queue(0)) return false;
  if ((place - of.layout.queue(0)) % (page_bytes + queue_bytes) < page_bytes) return true;
  return std::any_of(of.heads.begin(), of.heads.end(),
                     [&](std::size_t head) { return place >= head && place < head + sizeof(frame_head); });
}

std::int64_t number(const ctxlog::record& rec, std::string_view key) {
  std::int64_t result = -1;
  rec.for_each_field([&](const ctxlog::field& f) {
    if (f.key == key && f.value.kind() == ctxlog::value_kind::integer) result = f.value.integer();
  });
  return result;
}

// The names of all records that come out of the file.
std::vector<record_name> read(const std::string& bytes) {
  static const auto json = ctxlog::json_encoder();
  std::vector<record_name> names;
  scratch memory;
  dead_queues dead(bytes);
  dead.for_each_record(memory, [&](const ctxlog::record& rec) {
    memory.line.clear();
    json->encode(rec, memory.line);
    names.emplace_back(number(rec, "t"), number(rec, "i"));
  });
  return names;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const image base = made_image();
  static const std::set<record_name> written = [] {
    const auto names = read(base.bytes);
    FUZZ_CHECK(names.size() == queue_count * records_of_each);
    return std::set<record_name>(names.begin(), names.end());
  }();
  FUZZ_CHECK(written.size() == queue_count * records_of_each);
  if (size == 0) return 0;

  std::string damaged = base.bytes;
  const bool is_made_anew = (data[0] & 1) != 0;
  bool is_covered = !is_made_anew;
  for (const std::uint8_t* edit = data + 1; edit + 4 <= data + size; edit += 4) {
    const std::size_t place = (edit[0] | std::size_t{edit[1]} << 8) % damaged.size();
    const auto value = static_cast<char>(edit[3]);
    damaged[place] = edit[2] % 2 != 0 ? value : static_cast<char>(damaged[place] ^ value);
    is_covered = is_covered && is_checked(base, place);
  }
  if (is_made_anew) make_checks_anew(base, damaged);

  try {
    const auto names = read(damaged);
    if (!is_covered) return 0;
    const std::set<record_name> once(names.begin(), names.end());
    FUZZ_CHECK(once.size() == names.size());
    FUZZ_CHECK(std::includes(written.begin(), written.end(), once.begin(), once.end()));
  } catch (const malformed&) {  // refused
  }
  return 0;
}
