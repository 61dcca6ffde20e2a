// Writes whole lines to a descriptor and survives everything that can happen on the way.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "ctxlog/sinks/fd.hpp"
#include "unique_descriptor.hpp"

namespace ctxlog::detail {

/// The machine behind fd_sink and file_sink, which state its rules. One thread at a time.
class descriptor_writer {
 public:
  /// Without a descriptor every write() returns EBADF.
  descriptor_writer(unique_descriptor descriptor, fd_options options);
  ~descriptor_writer();
  descriptor_writer(const descriptor_writer&) = delete;
  descriptor_writer& operator=(const descriptor_writer&) = delete;

  std::error_code write(std::string_view line);
  std::error_code flush();

  /// Continues on another descriptor. What is held back goes to the old one; when that fails, to the new one,
  /// where a line that the old one got in part is repeated whole.
  void redirect(unique_descriptor descriptor);

  int descriptor() const noexcept { return target_.descriptor.get(); }

 private:
  using clock = std::chrono::steady_clock;

  struct endpoint {
    explicit endpoint(unique_descriptor owned) noexcept;

    unique_descriptor descriptor;
    bool is_socket = false;
    int signal = 0;  // what a failing write raises here, 0 for none
  };

  struct outcome {
    std::size_t written;
    std::error_code error;
  };

  outcome put(std::string_view bytes) noexcept;
  ssize_t put_once(std::string_view bytes) noexcept;
  bool wait_for_room(std::optional<clock::time_point>& deadline) noexcept;
  std::error_code drain() noexcept;
  bool fits(std::string_view line) const noexcept;
  void leave_parents_lines() noexcept;

  endpoint target_;
  fd_options options_;
  std::string held_;              // from the start of a line, whole lines
  std::size_t held_written_ = 0;  // bytes of held_ that are out already: less than its first line
  bool stalled_ = false;          // the last wait for room was in vain
  unsigned forks_;                // the process that filled held_
};

}  // namespace ctxlog::detail
