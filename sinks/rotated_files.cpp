// The files that one log file's rotation has put aside: their names, compression and removal.
// SPDX-License-Identifier: MIT
#include "rotated_files.hpp"

#include <fmt/format.h>

#include <condition_variable>
#include <cstdint>
#include <ctime>
#include <deque>
#include <map>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "diagnostics.hpp"
#include "fork_count.hpp"
#include "quiet_thread.hpp"

namespace ctxlog::detail {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view stamp_pattern = "dddd-dd-dd_dd-dd-dd_dddddd";

bool is_stamp(std::string_view text) {
  if (text.size() != stamp_pattern.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (stamp_pattern[i] == 'd' ? !digit : text[i] != stamp_pattern[i]) return false;
  }
  return true;
}

std::string stamp(record_time time, time_zone zone) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  const auto microsecond = std::chrono::duration_cast<std::chrono::microseconds>(time - second);
  const std::time_t unix_time = second.time_since_epoch().count();
  std::tm at{};
  zone == time_zone::utc ? ::gmtime_r(&unix_time, &at) : ::localtime_r(&unix_time, &at);
  return fmt::format("{:04}-{:02}-{:02}_{:02}-{:02}-{:02}_{:06}", at.tm_year + 1900, at.tm_mon + 1,
                     at.tm_mday, at.tm_hour, at.tm_min, at.tm_sec, microsecond.count());
}

struct settled_file {
  std::string path;
  record_time time;
};

void report_failure(const std::string& path, std::string_view why) noexcept {
  try {
    report_trouble(trouble::sink, fmt::format("cannot settle the rotated log file \"{}\": {}", path, why));
  } catch (...) {  // out of memory
  }
}

// What all files of one log have in common.
class family {
 public:
  family(const fs::path& path, const rotation_options& options)
      : directory_(path.parent_path()), stem_(path.stem()), extension_(path.extension()), options_(options) {}

  std::string path_at(record_time time) const {
    return directory_ / (stem_ + '.' + stamp(time, options_.zone) + extension_);
  }

  void settle(const settled_file& file) const noexcept {
    try {
      // A slow compression may find that its file was one too many meanwhile.
      if (options_.compress && fs::exists(file.path)) options_.compress(file.path);
    } catch (const std::exception& e) {
      report_failure(file.path, e.what());
    } catch (...) {
      report_failure(file.path, "an exception that is no std::exception");
    }
    try {
      remove_surplus(file.time);
    } catch (const std::exception& e) {
      report_failure(file.path, e.what());
    }
  }

 private:
  // Stamps sort by time, so the oldest come first. A compressed file goes by the stamp it had.
  void remove_surplus(record_time now) const {
    const bool by_age = options_.keep_for > std::chrono::seconds::zero();
    const std::string oldest = by_age ? stamp(now - options_.keep_for, options_.zone) : "";
    const std::size_t most = options_.keep_files != 0 ? options_.keep_files : SIZE_MAX;
    auto files = files_by_stamp();
    while (!files.empty() && (files.size() > most || files.begin()->first < oldest)) {
      for (const fs::path& path : files.begin()->second) fs::remove(path);
      files.erase(files.begin());
    }
  }

  std::map<std::string, std::vector<fs::path>> files_by_stamp() const {
    std::map<std::string, std::vector<fs::path>> files;
    for (const auto& entry : fs::directory_iterator(directory_))
      if (const std::string at = stamp_of(entry.path().filename().native()); !at.empty())
        files[at].push_back(entry.path());
    return files;
  }

  // Empty for a file that is none of these; a suffix such as ".gz" may follow.
  std::string stamp_of(std::string_view name) const {
    if (!name.starts_with(stem_ + '.')) return {};
    name.remove_prefix(stem_.size() + 1);
    const std::string_view at = name.substr(0, stamp_pattern.size());
    const std::string_view rest = name.substr(at.size());
    if (!is_stamp(at) || !rest.starts_with(extension_)) return {};
    return rest.size() == extension_.size() || rest[extension_.size()] == '.' ? std::string(at) : "";
  }

  fs::path directory_;
  std::string stem_, extension_;
  rotation_options options_;
};

}  // namespace

struct rotated_files::work {
  explicit work(const family& of) : files(of) {}

  void run() noexcept {
    std::unique_lock lock(mutex);
    while (!pending.empty()) {
      const settled_file file = std::move(pending.front());
      pending.pop_front();
      lock.unlock();
      files.settle(file);
      lock.lock();
    }
    running = false;
    idle.notify_all();
  }

  const family files;
  std::mutex mutex;
  std::condition_variable idle;
  std::deque<settled_file> pending;
  bool running = false;
};

rotated_files::rotated_files(const fs::path& path, const rotation_options& options)
    : work_(std::make_shared<work>(family(path, options))), forks_(fork_count()) {}

rotated_files::~rotated_files() {
  if (forks_ != fork_count()) return;
  std::unique_lock lock(work_->mutex);
  work_->idle.wait(lock, [&] { return !work_->running; });
}

std::string rotated_files::free_path(record_time time) const {
  std::string path = work_->files.path_at(time);
  for (; fs::exists(fs::symlink_status(path)); path = work_->files.path_at(time))
    time += std::chrono::microseconds(1);
  return path;
}

void rotated_files::settle(std::string path, record_time time) {
  if (forks_ != fork_count()) {  // the thread, which may hold the mutex, is the parent's
    work_ = std::make_shared<work>(work_->files);
    forks_ = fork_count();
  }
  const std::lock_guard lock(work_->mutex);
  work_->pending.push_back({std::move(path), time});
  if (work_->running) return;
  start_quiet_thread("ctxlog-files", [work = work_] { work->run(); });
  work_->running = true;
}

}  // namespace ctxlog::detail
