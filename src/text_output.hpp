// Writing text straight into a buffer, with one check of the room for many bytes.
// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string_view>

namespace ctxlog::detail {

// Copies text that may be empty but not null.
inline char* put(char* out, std::string_view text) {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

// Appends to the buffer; what was written becomes visible there with finish() or the destructor.
class text_output {
 public:
  explicit text_output(fmt::memory_buffer& buffer) : buffer_(buffer) { resume(); }
  text_output(const text_output&) = delete;
  text_output& operator=(const text_output&) = delete;
  ~text_output() { finish(); }

  // Within the capacity, so that it cannot throw.
  void finish() noexcept { buffer_.resize(static_cast<std::size_t>(next_ - buffer_.data())); }

  // Lets `append(fmt::memory_buffer&)` write in between.
  template <class Append>
  void through(Append append) {
    finish();
    const resumption afterwards{*this};
    append(buffer_);
  }

  void raw(std::string_view text) {
    if (text.empty()) return;  // it may be null, which memcpy must not be given
    reserve(text.size());
    std::memcpy(next_, text.data(), text.size());
    next_ += text.size();
  }
  void raw(char c) {
    reserve(1);
    *next_++ = c;
  }

  // Where the next byte will stand.
  std::size_t position() const noexcept { return static_cast<std::size_t>(next_ - buffer_.data()); }
  // Takes back what was written from `position` on.
  void rewind(std::size_t position) noexcept { next_ = buffer_.data() + position; }
  void overwrite(std::size_t position, char c) noexcept { buffer_.data()[position] = c; }

  // What `write(char*)` writes, at most `room` bytes; it returns the end.
  template <class Write>
  void written(std::size_t room, Write write) {
    reserve(room);
    next_ = write(next_);
  }

 protected:
  void reserve(std::size_t n) {
    if (static_cast<std::size_t>(end_ - next_) < n) [[unlikely]]
      grow(n);
  }

  char* next_ = nullptr;

 private:
  // Also when what wrote in between threw: the buffer may have moved.
  struct resumption {
    text_output& output;
    ~resumption() { output.resume(); }
  };

  void resume() noexcept {
    next_ = buffer_.data() + buffer_.size();
    end_ = buffer_.data() + buffer_.capacity();
  }
  void grow(std::size_t n) {
    finish();  // reserve() of the buffer keeps no more than this
    const std::size_t needed = buffer_.size() + n;
    constexpr std::size_t small = 64 * 1024;  // twice of something large would be a burden
    buffer_.reserve(needed < small ? std::max(needed, 2 * buffer_.capacity()) : needed + needed / 16);
    resume();
  }

  fmt::memory_buffer& buffer_;
  char* end_ = nullptr;
};

}  // namespace ctxlog::detail
