// Sink that turns to a second one when the first fails.
// SPDX-License-Identifier: MIT
#include "ctxlog/sinks/fallback.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "ctxlog/record.hpp"
#include "diagnostics.hpp"

namespace ctxlog {
namespace {

using namespace std::chrono_literals;

sink& expect(const std::shared_ptr<sink>& s, const char* which) {
  if (!s) throw std::invalid_argument(fmt::format("fallback_sink: expected a {} sink, got none", which));
  return *s;
}

void count_one(std::atomic<std::uint64_t>& counter) noexcept {
  counter.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

fallback_sink::fallback_sink(std::shared_ptr<sink> primary, std::shared_ptr<sink> secondary,
                             fallback_options options)
    : primary_(std::move(primary)), secondary_(std::move(secondary)), options_(options) {
  name_ =
      fmt::format("{}, else {}", expect(primary_, "primary").name(), expect(secondary_, "secondary").name());
  options_.retry_after = std::clamp<std::chrono::milliseconds>(options_.retry_after, 1ms, 24h);
  options_.retry_at_most =
      std::clamp<std::chrono::milliseconds>(options_.retry_at_most, options_.retry_after, 24h);
}

std::error_code fallback_sink::write(const record& rec, std::string_view line) {
  const bool asked = !given_up_ || rec.time() >= retry_at_;
  if (asked && !offer_primary(rec, line)) return {};
  return offer_secondary(rec, line);
}

// Whatever the primary throws is a failure like another.
std::error_code fallback_sink::offer_primary(const record& rec, std::string_view line) {
  std::error_code error;
  std::string why;
  try {
    error = primary_->write(rec, line);
    if (!error) {
      succeeded();
      return {};
    }
    why = error.message();
  } catch (const std::exception& e) {
    why = e.what();
  } catch (...) {
    why = "an exception that is no std::exception";
  }
  failed(rec.time(), why);
  return error ? error : make_error_code(std::errc::io_error);
}

std::error_code fallback_sink::offer_secondary(const record& rec, std::string_view line) {
  count_one(lost_);  // until it is taken: it may throw
  const std::error_code error = secondary_->write(rec, line);
  if (error) return error;
  lost_.fetch_sub(1, std::memory_order_relaxed);
  count_one(taken_by_secondary_);
  return {};
}

void fallback_sink::succeeded() noexcept {
  count_one(taken_by_primary_);
  failures_ = 0;
  if (!std::exchange(given_up_, false)) return;
  try {
    detail::report(fmt::format("sink {} takes lines again", primary_->name()));
  } catch (...) {  // out of memory
  }
}

void fallback_sink::failed(time_point time, const std::string& why) noexcept {
  const bool again = given_up_;
  if (again) {
    pause_ = std::min(pause_ * 2, options_.retry_at_most);
  } else {
    if (++failures_ < options_.failures) return;
    given_up_ = true;
    pause_ = options_.retry_after;
    count_one(openings_);
  }
  retry_at_ = time + pause_;
  if (again) return;
  try {
    detail::report(fmt::format("sink {}: {}; its lines go to {}", primary_->name(), why, secondary_->name()));
  } catch (...) {  // out of memory
  }
}

std::error_code fallback_sink::flush() {
  const std::error_code of_primary = primary_->flush();
  const std::error_code of_secondary = secondary_->flush();
  return of_primary ? of_primary : of_secondary;
}

std::chrono::system_clock::time_point fallback_sink::flush_due() const noexcept {
  return std::min(primary_->flush_due(), secondary_->flush_due());
}

std::optional<file_position> fallback_sink::position() const noexcept { return primary_->position(); }

fallback_statistics fallback_sink::stats() const noexcept {
  const auto read = [](const auto& counter) { return counter.load(std::memory_order_relaxed); };
  return {read(taken_by_primary_), read(taken_by_secondary_), read(lost_), read(openings_)};
}

}  // namespace ctxlog
