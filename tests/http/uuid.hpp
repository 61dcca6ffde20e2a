// What a new request id looks like.
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <string_view>

namespace http_test {

/// Whether it is a random UUID in lower case: RFC 9562, section 5.4. No std::regex: a program's own would take the
/// place of the one in libcpp-httplib, half of whose accesses ThreadSanitizer could not see.
inline bool is_uuid_4(std::string_view id) {
  constexpr std::string_view form = "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx";
  const auto stands_for = [](char shape, char c) {
    switch (shape) {
      case 'x':
        return std::string_view("0123456789abcdef").find(c) != std::string_view::npos;
      case 'y':
        return std::string_view("89ab").find(c) != std::string_view::npos;
      default:
        return c == shape;
    }
  };
  return std::equal(form.begin(), form.end(), id.begin(), id.end(), stands_for);
}

}  // namespace http_test
