// The moments at which a log file is put aside whatever its size.
// SPDX-License-Identifier: MIT
#include "rotation_schedule.hpp"

#include <algorithm>
#include <ctime>

namespace ctxlog::detail {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

sys_seconds next_multiple(seconds interval, sys_seconds time) {
  return sys_seconds((time.time_since_epoch() / interval + 1) * interval);
}

// The moment of that local day, `days` later; mktime() knows in which season it lies.
sys_seconds local_moment(std::tm day, int days, seconds time_of_day) {
  const std::chrono::hh_mm_ss clock(time_of_day);
  day.tm_mday += days;
  day.tm_hour = static_cast<int>(clock.hours().count());
  day.tm_min = static_cast<int>(clock.minutes().count());
  day.tm_sec = static_cast<int>(clock.seconds().count());
  day.tm_isdst = -1;
  return sys_seconds(seconds(std::mktime(&day)));
}

sys_seconds next_local(seconds time_of_day, sys_seconds time) {
  const std::time_t now = time.time_since_epoch().count();
  std::tm day{};
  ::localtime_r(&now, &day);
  const sys_seconds today = local_moment(day, 0, time_of_day);
  return today > time ? today : local_moment(day, 1, time_of_day);
}

sys_seconds next_utc(seconds time_of_day, sys_seconds time) {
  const sys_seconds today = std::chrono::floor<std::chrono::days>(time) + time_of_day;
  return today > time ? today : today + std::chrono::days(1);
}

}  // namespace

record_time next_rotation(const rotation_options& options, record_time time) {
  const auto second = std::chrono::floor<seconds>(time);
  auto next = record_time::max();
  if (options.interval > seconds::zero())
    next = std::min<record_time>(next, next_multiple(options.interval, second));
  if (options.time_of_day)
    next = std::min<record_time>(next, options.zone == time_zone::utc
                                           ? next_utc(*options.time_of_day, second)
                                           : next_local(*options.time_of_day, second));
  return next;
}

}  // namespace ctxlog::detail
