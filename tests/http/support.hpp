// Helpers of the HTTP tests: everything that is logged, and a client that sends bytes as they are.
// SPDX-License-Identifier: MIT
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "ctxlog/ctxlog.hpp"
#include "ctxlog/sinks/callback.hpp"
#include "strict_json.hpp"
#include "support/order_service.hpp"
#include "uuid.hpp"

namespace http_test {

/// What ENV=PROD would print, from construction on.
class log_output {
 public:
  log_output() : text_(std::make_shared<text>()) {
    const auto append = [into = text_](const ctxlog::record&, std::string_view line) {
      const std::lock_guard lock(into->mutex);
      into->lines += line;
    };
    ctxlog::configure({.mode = ctxlog::mode::prod,
                       .patchers = {{ctxlog::context_variables(example::request_id, example::user_id)}},
                       .sinks = {{{std::make_shared<ctxlog::callback_sink>(append)}}}});
  }

  std::string bytes() const {
    const std::lock_guard lock(text_->mutex);
    return text_->lines;
  }

  /// The records made by requests, the service's own start not among them.
  std::vector<strict_json::object> lines() const {
    auto all = strict_json::parse_lines(bytes());
    std::erase_if(all, [](const auto& line) { return text_of(line, "message").starts_with("listening"); });
    return all;
  }

  std::vector<strict_json::object> access_records() const {
    auto all = lines();
    std::erase_if(all, [](const auto& line) { return text_of(line, "logger") != "http.access"; });
    return all;
  }

  /// The field as text, empty when it is not there.
  static std::string text_of(const strict_json::object& line, std::string_view key) {
    return line.has(key) ? line.get<std::string>(key) : std::string();
  }

 private:
  struct text {
    std::mutex mutex;
    std::string lines;
  };
  std::shared_ptr<text> text_;
};

inline std::string id_of(const strict_json::object& line) { return log_output::text_of(line, "request_id"); }

/// Sends bytes to the loopback port and returns everything that comes until the server closes.
inline std::string exchange_bytes(int port, std::string_view bytes) {
  const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(client != -1);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval patience{30, 0};
  REQUIRE(::setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0);
  REQUIRE(::connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  while (!bytes.empty()) {
    const ssize_t sent = ::send(client, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) break;  // refused halfway: the answer says why
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  std::string answer(65536, '\0');
  std::size_t size = 0;
  for (ssize_t got = 0; (got = ::recv(client, answer.data() + size, answer.size() - size, 0)) > 0;)
    size += static_cast<std::size_t>(got);
  ::close(client);
  answer.resize(size);
  return answer;
}

/// The values of a header in a raw answer, over all responses in it.
inline std::vector<std::string> header_values(const std::string& answer, const std::string& name) {
  std::vector<std::string> values;
  const std::string start = "\r\n" + name + ": ";
  for (std::size_t at = 0; (at = answer.find(start, at)) != answer.npos;) {
    at += start.size();
    values.push_back(answer.substr(at, answer.find("\r\n", at) - at));
  }
  return values;
}

}  // namespace http_test
