// What the two limits share: a file with a buffer and a lock and nothing else, and the time as text.
// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <ctime>
#include <mutex>

#include "driver.hpp"

namespace bench {

class plain_file {
 public:
  explicit plain_file(const std::string& path)
      : descriptor_(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) {}
  plain_file(const plain_file&) = delete;
  plain_file& operator=(const plain_file&) = delete;
  ~plain_file() { ::close(descriptor_); }

  void put(const char* bytes, std::size_t size) {
    const std::lock_guard lock(mutex_);
    if (used_ + size > sizeof buffer_) write_out();
    std::memcpy(buffer_ + used_, bytes, size);
    used_ += size;
  }
  void flush() {
    const std::lock_guard lock(mutex_);
    write_out();
  }

 private:
  void write_out() {
    if (::write(descriptor_, buffer_, used_) != static_cast<ssize_t>(used_)) std::abort();
    used_ = 0;
  }

  int descriptor_;
  std::mutex mutex_;
  std::size_t used_ = 0;
  char buffer_[64 * 1024];
};

/// RFC 3339 with microseconds; the part up to the second is made once per second and thread.
class time_text {
 public:
  std::string_view now() {
    timespec time{};
    ::clock_gettime(CLOCK_REALTIME, &time);
    if (time.tv_sec != second_) {
      std::tm utc{};
      ::gmtime_r(&time.tv_sec, &utc);
      std::strftime(text_, sizeof text_, "%Y-%m-%dT%H:%M:%S.000000Z", &utc);
      second_ = time.tv_sec;
    }
    auto microseconds = time.tv_nsec / 1000;
    for (int digit = 25; digit > 19; --digit, microseconds /= 10)
      text_[digit] = static_cast<char>('0' + microseconds % 10);
    return {text_, 27};
  }

 private:
  std::time_t second_ = 0;
  char text_[40] = {};
};

}  // namespace bench
