// Whom to believe: which callers may say who they are, what they are part of, and whom they speak for.
// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "ctxlog/export.hpp"
#include "ctxlog/http/address.hpp"
#include "ctxlog/http/request_view.hpp"

namespace ctxlog::http {

/// Decides by the other end of the connection, never by what a header claims. Any thread.
class CTXLOG_API trust {
 public:
  static trust none() { return trust(std::vector<ip_network>()); }
  static trust all();
  /// Callers in these blocks: `trust::networks({"10.0.0.0/8", "fd00::/8"})`. Throws std::invalid_argument for text
  /// that is no block.
  static trust networks(std::initializer_list<std::string_view> blocks);
  /// `trusts` runs on the thread that serves the request; when it throws the caller is not trusted.
  static trust predicate(std::function<bool(const request_view&)> trusts);

  /// Whether everybody is trusted, or nobody: then it does not matter who calls.
  bool is_all() const noexcept { return all_; }
  bool is_none() const noexcept { return networks_.empty() && !predicate_; }

  /// `peer` is request.peer_address as an address, nothing when it is none (a Unix socket).
  bool operator()(const request_view& request, const std::optional<ip_address>& peer) const;

  /// The client behind trusted proxies, from the request's Forwarded or X-Forwarded-For lines; the peer when it is not trusted.
  std::optional<ip_address> client_of(const request_view& request,
                                      const std::optional<ip_address>& peer) const;

 private:
  explicit trust(std::vector<ip_network> networks) : networks_(std::move(networks)) {}

  std::vector<ip_network> networks_;
  std::function<bool(const request_view&)> predicate_;
  bool all_ = false;
};

}  // namespace ctxlog::http
