// Sink that turns to a second one when the first fails.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "ctxlog/sink.hpp"

namespace ctxlog {

struct fallback_options {
  /// After so many failures of the primary in a row its lines go to the secondary without asking it. At least
  /// 1.
  unsigned failures = 3;
  /// Then the primary is asked again after this time, by the times of the records, and after twice as long
  /// each time it fails again, up to `retry_at_most`. At least a millisecond, at most 24 hours.
  std::chrono::milliseconds retry_after{1000};
  std::chrono::milliseconds retry_at_most{60'000};
};

struct fallback_statistics {
  std::uint64_t primary = 0;    // lines the primary took
  std::uint64_t secondary = 0;  // lines the secondary took
  std::uint64_t lost = 0;       // lines that neither took
  std::uint64_t openings = 0;   // how often the primary was given up
};

/// Gives each line to the primary sink and, when that refuses it or throws, to the secondary: a line is lost
/// only when both refuse it. Standard error says once when the primary is given up, with the reason, and once
/// when it is back. A primary that gathers lines answers for those it has taken: they are not given again.
class CTXLOG_API fallback_sink final : public sink {
 public:
  /// Throws std::invalid_argument when a sink is empty.
  fallback_sink(std::shared_ptr<sink> primary, std::shared_ptr<sink> secondary,
                fallback_options options = {});

  std::error_code write(const record& rec, std::string_view line) override;
  /// Flushes both; the first failure counts.
  std::error_code flush() override;
  std::chrono::system_clock::time_point flush_due() const noexcept override;
  /// Of the primary. gather() is not passed on: a primary that keeps lines back refuses them too late.
  std::optional<file_position> position() const noexcept override;
  std::string_view name() const noexcept override { return name_; }

  /// Any thread. A line under way may be missing.
  fallback_statistics stats() const noexcept;

 private:
  using time_point = std::chrono::sys_time<std::chrono::nanoseconds>;

  std::error_code offer_primary(const record& rec, std::string_view line);
  std::error_code offer_secondary(const record& rec, std::string_view line);
  void succeeded() noexcept;
  void failed(time_point time, const std::string& why) noexcept;

  std::shared_ptr<sink> primary_, secondary_;
  fallback_options options_;
  std::string name_;
  unsigned failures_ = 0;  // in a row
  bool given_up_ = false;
  time_point retry_at_{};
  std::chrono::milliseconds pause_{0};
  std::atomic<std::uint64_t> taken_by_primary_{0}, taken_by_secondary_{0}, lost_{0}, openings_{0};
};

}  // namespace ctxlog
