// Clients of the order service: many at once on kept connections, with good, missing and hostile request ids.
// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>
#include <httplib.h>

#include <array>
#include <ctxlog/http/request_id.hpp>
#include <string>
#include <thread>
#include <vector>

namespace example {

/// What a request asks for, and what must come of it.
struct request_kind {
  const char* path;  // "{}" is the order
  int status;
  int records;         // log records of the service, its own calls to itself included
  int access_records;  // of those
};

inline constexpr request_kind show_order{"/orders/{}", 200, 5, 1};
inline constexpr request_kind show_invoice{"/orders/{}/invoice", 200, 4, 2};
inline constexpr request_kind failing_refund{"/orders/{}/refund", 500, 1, 1};
inline constexpr request_kind nothing_there{"/nothing/{}", 404, 1, 1};

struct exchange {
  const request_kind* kind;
  std::string order;  // different for every request
  std::string sent_id;
  std::string received_id;
  int status = 0;  // 0: no answer
};

inline const request_kind& kind_of(int client, int request) {
  static constexpr std::array<const request_kind*, 8> mix{&show_order,     &show_order,   &show_order,
                                                          &show_order,     &show_order,   &show_invoice,
                                                          &failing_refund, &nothing_there};
  return *mix[static_cast<std::size_t>(client + request) % mix.size()];
}

// The client percent-encodes nothing and the server decodes: `%0d%0a` arrives as a line break.
inline std::string id_to_send(int client, int request) {
  static const std::array<std::string, 5> hostile{"a%0d%0aSet-Cookie: stolen=1", "two words",
                                                  std::string(129, 'x'), "\xc3\xa9t\xc3\xa9", "\x1b[31mred"};
  switch ((client + 3 * request) % 4) {
    case 0:
      return "";
    case 1:
      return hostile[static_cast<std::size_t>(client + request / 4) % hostile.size()];
    default:
      return fmt::format("shop/{}:{}", client, request);
  }
}

inline std::vector<exchange> run_client(int port, int client_number, int requests) {
  httplib::Client client("127.0.0.1", port);
  client.set_keep_alive(true);
  client.set_tcp_nodelay(true);
  client.set_read_timeout(30);
  std::vector<exchange> done;
  for (int i = 0; i != requests; ++i) {
    exchange e{&kind_of(client_number, i), fmt::format("c{}r{}", client_number, i),
               id_to_send(client_number, i), "", 0};
    httplib::Headers headers;
    if (!e.sent_id.empty()) headers.emplace(ctxlog::http::request_id_header, e.sent_id);
    if (const auto answer = client.Get(fmt::format(fmt::runtime(e.kind->path), e.order), headers)) {
      e.status = answer->status;
      e.received_id = answer->get_header_value(std::string(ctxlog::http::request_id_header));
    }
    done.push_back(std::move(e));
  }
  return done;
}

/// All clients at once, each on one connection.
inline std::vector<exchange> run_clients(int port, int clients, int requests_each) {
  std::vector<std::vector<exchange>> by_client(static_cast<std::size_t>(clients));
  {
    std::vector<std::jthread> threads;
    for (int c = 0; c != clients; ++c)
      threads.emplace_back(
          [&, c] { by_client[static_cast<std::size_t>(c)] = run_client(port, c, requests_each); });
  }
  std::vector<exchange> all;
  for (auto& done : by_client) all.insert(all.end(), done.begin(), done.end());
  return all;
}

}  // namespace example
