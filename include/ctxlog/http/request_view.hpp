// A request as its server shows it to the middleware.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

namespace ctxlog::http {

/// The values of all lines of one header, in the order of the request.
using header_lines = std::pmr::vector<std::string_view>;

/// Looks headers up in a framework's request: refers to a callable that appends the lines of `name` to `lines`. The
/// views must live as long as the request; names are compared without case.
class header_source {
 public:
  constexpr header_source() = default;
  template <class Find>
  constexpr header_source(const Find& find) noexcept
      : find_(&find), call_([](const void* object, std::string_view name, header_lines& lines) {
          (*static_cast<const Find*>(object))(name, lines);
        }) {}

  void find(std::string_view name, header_lines& lines) const {
    if (call_) call_(find_, name, lines);
  }

 private:
  const void* find_ = nullptr;
  void (*call_)(const void*, std::string_view, header_lines&) = nullptr;
};

/// Views into the request, needed only during the call they are given to. What the server does not know stays empty.
struct request_view {
  std::string_view method;
  /// Of the target, without the query.
  std::string_view path;
  /// Without the question mark.
  std::string_view query = {};
  std::string_view scheme = "http";
  /// "1.0", "1.1", "2".
  std::string_view protocol_version = {};
  /// The other end of the connection, as text.
  std::string_view peer_address = {};
  std::uint16_t peer_port = 0;
  header_source headers = {};
};

}  // namespace ctxlog::http
