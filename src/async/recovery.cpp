// Recovery: at the next start of the program, and on demand.
// SPDX-License-Identifier: MIT
#include "async/recovery.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <vector>

#include "async/dead_queues.hpp"
#include "async/written_lines.hpp"
#include "ctxlog/logger.hpp"
#include "ctxlog/recover.hpp"
#include "diagnostics.hpp"
#include "pipeline_delivery.hpp"
#include "settings.hpp"

namespace ctxlog {
namespace detail {
namespace {

// Keeps from each sink what its file has already.
class undelivered_lines final : public line_filter {
 public:
  undelivered_lines(const settings& present, dead_queues& dead) {
    std::vector<std::pair<const sink_slot*, std::string>> files;
    for (const auto& slot : present.sinks) {
      const std::lock_guard lock(slot->mutex);
      const auto position = slot->target ? slot->target->position() : std::nullopt;
      if (!position) continue;
      dead.mark(*position);
      files.emplace_back(slot.get(), position->path);
    }
    for (const written_mark& mark : dead.marks()) {
      written_lines& lines = written_.emplace_back(mark);
      for (const auto& [slot, path] : files)
        if (path == mark.path) known_.emplace_back(slot, &lines);
    }
  }

  std::string_view missing(const sink_slot& slot, std::string_view line) noexcept override {
    try {
      for (const auto& [known, lines] : known_)
        if (known == &slot) line = lines->missing(line);
    } catch (...) {  // out of memory: rather twice than not at all
    }
    if (line.empty()) any_written_ = true;
    return line;
  }

  // Whether a sink had the line of the last record already.
  bool take_written() noexcept { return std::exchange(any_written_, false); }

  bool any_torn() const noexcept {
    return std::any_of(known_.begin(), known_.end(), [](const auto& each) { return each.second->is_torn(); });
  }
  const std::vector<std::pair<const sink_slot*, written_lines*>>& known() const noexcept { return known_; }

 private:
  std::deque<written_lines> written_;
  std::vector<std::pair<const sink_slot*, written_lines*>> known_;
  bool any_written_ = false;
};

// Of each line only what completes a file that ends in the middle of it: the first that the file has not whole.
class torn_lines final : public line_filter {
 public:
  explicit torn_lines(const undelivered_lines& all) {
    for (const auto& [slot, lines] : all.known()) files_.push_back({slot, lines, *lines});
  }

  std::string_view missing(const sink_slot& slot, std::string_view line) noexcept override {
    try {
      for (file& each : files_) {
        if (each.slot != &slot) continue;
        if (each.not_met.missing(line).empty()) return {};
        line = each.all->complete(line);
        if (!line.empty()) any_completed_ = true;
        return line;
      }
    } catch (...) {  // out of memory: the file stays torn
    }
    return {};
  }
  bool take_completed() noexcept { return std::exchange(any_completed_, false); }

 private:
  struct file {
    const sink_slot* slot;
    written_lines* all;
    written_lines not_met;
  };
  std::vector<file> files_;
  bool any_completed_ = false;
};

// Before anything else is written: nothing may stand between the halves of a line. Returns the number of records.
std::uint64_t complete_torn(dead_queues& dead, const settings& present, const undelivered_lines& lines,
                            scratch& memory) {
  if (!lines.any_torn()) return 0;
  torn_lines torn(lines);
  std::uint64_t completed = 0;
  dead.for_each_record(memory, [&](const record& rec) {
    deliver(present, rec, memory.line, &torn);
    completed += torn.take_completed() ? 1 : 0;
  });
  dead.rewind();
  return completed;
}

// A sink may keep lines back for a while: they must be out before the file that also has them is removed.
std::uint64_t deliver_all(dead_queues& dead) {
  const auto present = current_settings();
  if (!present || present->sinks.empty() || present->shut_down) return 0;
  undelivered_lines lines(*present, dead);
  scratch memory;
  const std::uint64_t completed = complete_torn(dead, *present, lines, memory);
  std::uint64_t records = 0, written = 0;
  const std::uint64_t damaged = dead.for_each_record(memory, [&](const record& rec) {
    deliver(*present, rec, memory.line, &lines);
    ++(lines.take_written() ? written : records);
  });
  records += completed;
  written -= std::min(written, completed);
  if (records != 0 || damaged != 0)
    logger("ctxlog").warn(
        "recovered {recovered} records of process {ended_process}, which ended without delivering them",
        kv("recovered", records), kv("ended_process", dead.process()), kv("already_written", written),
        kv("damaged_queues", damaged));
  if (flush_sinks()) dead.remove_file();
  return records;
}

}  // namespace

std::uint64_t recover_predecessors(const std::string& own_file) noexcept {
  std::uint64_t records = 0;
  try {
    const std::string program = program_path().substr(0, longest_program);
    const auto directory = std::filesystem::path(own_file).parent_path();
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
      const std::string path = entry.path().string();
      if (!path.ends_with(queue_file_suffix) || path == own_file || dead_queues::program_of(path) != program)
        continue;
      try {
        dead_queues dead = dead_queues::open(path);
        records += deliver_all(dead);
      } catch (const std::exception&) {
        // It belongs to a process that runs, or to another user, or it is no queue file.
      }
    }
  } catch (const std::exception& e) {
    report(fmt::format("log queues of earlier processes are not recovered: {}", e.what()));
  }
  return records;
}

}  // namespace detail

recovery recover(const std::string& path, const encoder& with,
                 const std::function<void(const record&, std::string_view line)>& use, bool keep) {
  using namespace detail;
  dead_queues dead = dead_queues::open(path);
  std::deque<written_lines> written;
  for (const written_mark& mark : dead.marks()) written.emplace_back(mark);
  recovery result{.process = dead.process(), .program = dead.program()};
  scratch memory;
  result.damaged = dead.for_each_record(memory, [&](const record& rec) {
    memory.line.clear();
    with.encode(rec, memory.line);
    std::string_view line(memory.line.data(), memory.line.size());
    const bool known = std::any_of(written.begin(), written.end(),
                                   [&](written_lines& each) { return each.missing(line).empty(); });
    if (known) {
      ++result.already_written;
    } else {
      ++result.records;
      use(rec, line);
    }
  });
  if (!keep) dead.remove_file();
  return result;
}

}  // namespace ctxlog
