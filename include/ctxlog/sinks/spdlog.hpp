// Sink that drives any spdlog sink: rotating and daily files, syslog and the rest of spdlog's collection.
// SPDX-License-Identifier: MIT
#pragma once

#include <spdlog/details/log_msg.h>
#include <spdlog/sinks/sink.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "ctxlog/record.hpp"
#include "ctxlog/sink.hpp"

namespace ctxlog {

/// The spdlog level that holds `value`: a level between two named ones belongs to the lower.
inline spdlog::level::level_enum to_spdlog(level value) noexcept {
  if (value >= level::critical) return spdlog::level::critical;
  if (value >= level::error) return spdlog::level::err;
  if (value >= level::warn) return spdlog::level::warn;
  if (value >= level::info) return spdlog::level::info;
  if (value >= level::debug) return spdlog::level::debug;
  return spdlog::level::trace;
}

/// Gives the encoded line, without its newline, to a spdlog sink as the message, with the record's level,
/// time, logger and source. The spdlog sink's pattern is set to "%v", so that it writes the line as it is and
/// adds its own end of line; it should not be shared with a spdlog logger that expects another pattern. Its
/// level threshold is kept and applied. What it throws counts as a lost record; failures that spdlog itself
/// hides (stdio output) stay hidden.
class spdlog_sink final : public sink {
 public:
  /// Throws std::invalid_argument when `target` is null.
  explicit spdlog_sink(std::shared_ptr<spdlog::sinks::sink> target, std::string name = "spdlog")
      : target_(std::move(target)), name_(std::move(name)) {
    if (!target_)
      throw std::invalid_argument("spdlog_sink \"" + name_ +
                                  "\": expected a spdlog sink, got a null pointer");
    target_->set_pattern("%v");
  }

  std::error_code write(const record& rec, std::string_view line) override {
    const auto severity = to_spdlog(rec.level());
    if (!target_->should_log(severity)) return {};
    if (line.ends_with('\n')) line.remove_suffix(1);
    const auto time = std::chrono::time_point_cast<spdlog::log_clock::duration>(rec.time());
    const spdlog::source_loc where{rec.where().file.data(), rec.where().line, rec.where().function.data()};
    target_->log(spdlog::details::log_msg(time, where, text(rec.logger()), severity, text(line)));
    return {};
  }

  std::error_code flush() override {
    target_->flush();
    return {};
  }
  std::string_view name() const noexcept override { return name_; }

 private:
  static spdlog::string_view_t text(std::string_view bytes) noexcept { return {bytes.data(), bytes.size()}; }

  std::shared_ptr<spdlog::sinks::sink> target_;
  std::string name_;
};

}  // namespace ctxlog
