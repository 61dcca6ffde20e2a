// An HTTP/1.1 client that sends bytes as they are, in any number of requests at once, and reads whole responses.
// SPDX-License-Identifier: MIT
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace http_test {

struct response {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;

  std::vector<std::string> all(std::string_view name) const {
    std::vector<std::string> values;
    for (const auto& [key, value] : headers)
      if (key == name) values.push_back(value);
    return values;
  }
  /// Empty when it is not there; throws when it is there twice.
  std::string header(std::string_view name) const {
    const auto values = all(name);
    if (values.size() > 1) throw std::runtime_error("header " + std::string(name) + " stands there twice");
    return values.empty() ? std::string() : values.front();
  }
  std::string id() const { return header("x-request-id"); }
};

/// Waits at most 30 seconds for anything. What goes wrong throws std::runtime_error.
class connection {
 public:
  explicit connection(int port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval patience{30, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("connect");
  }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  ~connection() { close(); }

  /// A server that has a thread for a connection can end at once then.
  void close() {
    if (socket_ != -1) ::close(std::exchange(socket_, -1));
  }

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) fail("send");
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  /// The next response. That to HEAD has no body.
  response receive(bool to_head = false) {
    const std::string head = read_until("\r\n\r\n");
    response read = parse_head(head);
    if (to_head || read.status < 200 || read.status == 204 || read.status == 304) return read;
    if (read.header("transfer-encoding") == "chunked")
      read_chunks(read.body);
    else if (const std::string size = read.header("content-length"); !size.empty())
      read.body = read_exactly(std::stoul(size));
    return read;
  }

  /// One request and its response. `headers` are whole lines with their line ends.
  response ask(std::string_view method, std::string_view target, std::string_view headers = {},
               std::string_view body = {}) {
    send(request(method, target, headers, body));
    return receive(method == "HEAD");
  }
  response get(std::string_view target, std::string_view headers = {}) { return ask("GET", target, headers); }

  static std::string request(std::string_view method, std::string_view target, std::string_view headers = {},
                             std::string_view body = {}) {
    std::string text;
    text.append(method)
        .append(" ")
        .append(target)
        .append(" HTTP/1.1\r\nHost: shop.test:8080\r\n")
        .append(headers);
    if (!body.empty() || method == "POST") text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    return text.append("\r\n").append(body);
  }

  /// Whether the server has closed the connection, with nothing left to read. Waits for either.
  bool closed() { return unread_.empty() && !read_more(); }

 private:
  [[noreturn]] static void fail(const char* what) {
    throw std::runtime_error(std::string("client: cannot ") + what);
  }

  bool read_more() {
    char some[16384];
    const ssize_t got = ::recv(socket_, some, sizeof some, 0);
    if (got > 0) unread_.append(some, static_cast<std::size_t>(got));
    return got > 0;
  }

  std::string take(std::size_t size) {
    std::string taken = unread_.substr(0, size);
    unread_.erase(0, size);
    return taken;
  }

  std::string read_until(std::string_view mark) {
    std::size_t at = 0;
    while ((at = unread_.find(mark)) == unread_.npos)
      if (!read_more()) fail("receive: the connection was closed");
    return take(at + mark.size());
  }

  std::string read_exactly(std::size_t size) {
    while (unread_.size() < size)
      if (!read_more()) fail("receive: the connection was closed");
    return take(size);
  }

  void read_chunks(std::string& body) {
    while (true) {
      const std::size_t size = std::stoul(read_until("\r\n"), nullptr, 16);
      body += read_exactly(size);
      read_exactly(2);
      if (size == 0) return;
    }
  }

  static response parse_head(const std::string& head) {
    response read;
    read.status = std::stoi(head.substr(head.find(' ')));
    for (std::size_t at = head.find("\r\n") + 2; at + 2 < head.size();) {
      const std::size_t end = head.find("\r\n", at), colon = head.find(':', at);
      if (colon == head.npos || colon > end) fail("read a header line without a colon");
      std::string name = head.substr(at, colon - at);
      for (char& c : name)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
      const std::size_t value = std::min(head.find_first_not_of(' ', colon + 1), end);
      read.headers.emplace_back(std::move(name), head.substr(value, end - value));
      at = end + 2;
    }
    return read;
  }

  int socket_;
  std::string unread_;
};

}  // namespace http_test
