// Validation of whole texts.
// SPDX-License-Identifier: MIT
#include "text/utf8.hpp"

#include <cstring>

namespace ctxlog::detail {

bool is_valid_utf8(std::string_view text) {
  const char* in = text.data();
  const char* const last = in + text.size();
  while (in != last) {
    if (last - in >= 8) {
      std::uint64_t word;
      std::memcpy(&word, in, sizeof word);
      if ((word & 0x8080808080808080U) == 0) {
        in += sizeof word;
        continue;
      }
    }
    const decoded step = decode_utf8(in, last);
    if (!step.valid) return false;
    in += step.size;
  }
  return true;
}

}  // namespace ctxlog::detail
