// What fuzz targets share: invariants that stop the fuzzer, foreign bytes as header lines, what was reported.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace fuzz {

inline void check(bool holds, const char* invariant, const char* file, int line) {
  if (holds) return;
  std::fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, invariant);
  std::abort();
}
#define FUZZ_CHECK(...) ::fuzz::check(static_cast<bool>(__VA_ARGS__), #__VA_ARGS__, __FILE__, __LINE__)

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// The first byte parts the others, so that any byte may stand in a part: "|a=1|b=2" is two.
inline std::vector<std::string_view> parts_of(std::string_view text) {
  std::vector<std::string_view> parts;
  if (text.empty()) return parts;
  const char separator = text[0];
  for (std::size_t begin = 1; begin <= text.size();) {
    const std::size_t end = std::min(text.find(separator, begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

/// Whether it can go into a header without adding a line to it: no control byte, no byte above ASCII.
inline bool fits_a_header(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

/// Takes what is written to standard error while it lives.
class captured_errors {
 public:
  captured_errors() : saved_(::dup(2)), file_(::memfd_create("errors", MFD_CLOEXEC)) { ::dup2(file_, 2); }
  captured_errors(const captured_errors&) = delete;
  captured_errors& operator=(const captured_errors&) = delete;
  ~captured_errors() {
    restore();
    ::close(file_);
  }

  /// Ends the capture.
  std::string text() {
    restore();
    std::string result;
    std::array<char, 4096> some{};
    for (ssize_t size = 0;
         (size = ::pread(file_, some.data(), some.size(), static_cast<off_t>(result.size()))) > 0;)
      result.append(some.data(), static_cast<std::size_t>(size));
    return result;
  }

 private:
  void restore() {
    if (saved_ < 0) return;
    ::dup2(saved_, 2);
    ::close(saved_);
    saved_ = -1;
  }

  int saved_, file_;
};

/// Whole lines that a terminal shows and does not obey.
inline bool is_harmless_report(std::string_view text) {
  return (text.empty() || text.ends_with('\n')) && std::all_of(text.begin(), text.end(), [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return c == '\n' || (byte >= 0x20 && byte != 0x7f);
         });
}

}  // namespace fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
