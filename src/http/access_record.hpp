// The access record: what is kept of a request for it, and how it is put together at the end.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <vector>

#include "ctxlog/field_set.hpp"
#include "ctxlog/http/exchange.hpp"
#include "ctxlog/http/options.hpp"
#include "ctxlog/http/request_view.hpp"
#include "http/header_reader.hpp"

namespace ctxlog::http::detail {

// Copies: the framework's request may be gone when the record is made.
struct recorded_request {
  recorded_request(const request_view&, header_reader&, const access_options&);

  alignas(std::max_align_t) std::array<std::byte, 256> initial;
  arena memory{initial.data(), initial.size()};

  std::string_view method, method_original, path, query, scheme, protocol_version;
  std::string_view peer_address, client_address, server_address, user_agent;
  std::uint64_t peer_port = 0, server_port = 0;  // 0: not known
  std::optional<std::uint64_t> body_size;
  std::pmr::vector<field> headers{&memory};

  std::string_view route;  // known later, perhaps to another thread

  // What the caller said of itself that is not used.
  std::string_view id_fault, client_request_id, client_trace_id;
  std::size_t faulty_id_size = 0;
  std::optional<span_id> parent_span_id;

 private:
  void read_host(std::string_view host);
  void own(std::initializer_list<std::string_view*> texts);
  void keep_headers(header_reader&, const access_options&);
};

struct finished_request {
  const recorded_request& request;
  response_view response;
  std::chrono::nanoseconds duration;
  const std::exception_ptr& error;
  const field_set* extra;  // may be null
};

// Asks the callbacks and logs, in the current context. Throws std::bad_alloc only.
void write_access_record(const access_options&, const finished_request&);

// `text`, of which what is beyond `max` bytes is replaced by a mark, in `memory`.
std::string_view shortened(arena& memory, std::string_view text, std::size_t max);

// The query with the values of `keys` replaced.
std::string redact_query(std::string_view query, const std::vector<std::string>& keys);

}  // namespace ctxlog::http::detail
