// Deciding whether a caller is trusted, and who stands behind a trusted one.
// SPDX-License-Identifier: MIT
#include "ctxlog/http/trust.hpp"

#include <algorithm>

#include "http/callback.hpp"

namespace ctxlog::http {

trust trust::all() {
  trust made = none();
  made.all_ = true;
  made.networks_ = {ip_network("0.0.0.0/0"), ip_network("::/0")};
  return made;
}

trust trust::networks(std::initializer_list<std::string_view> blocks) {
  return trust(std::vector<ip_network>(blocks.begin(), blocks.end()));
}

trust trust::predicate(std::function<bool(const request_view&)> trusts) {
  trust made = none();
  made.predicate_ = std::move(trusts);
  return made;
}

bool trust::operator()(const request_view& request, const std::optional<ip_address>& peer) const {
  if (all_) return true;
  if (predicate_) {
    bool trusted = false;
    return detail::guarded([&] { trusted = predicate_(request); }) && trusted;
  }
  return peer && std::any_of(networks_.begin(), networks_.end(),
                             [&](const ip_network& block) { return block.contains(*peer); });
}

std::optional<ip_address> trust::client_of(const request_view& request,
                                           const std::optional<ip_address>& peer) const {
  if (!peer || !(*this)(request, peer)) return peer;
  std::pmr::monotonic_buffer_resource memory;
  header_lines forwarded(&memory), x_forwarded_for(&memory);
  request.headers.find("Forwarded", forwarded);
  if (forwarded.empty()) request.headers.find("X-Forwarded-For", x_forwarded_for);
  if (!predicate_) return client_behind_proxies(*peer, networks_, forwarded, x_forwarded_for);
  const ip_network peer_alone(peer->text());
  return client_behind_proxies(*peer, {&peer_alone, 1}, forwarded, x_forwarded_for);
}

}  // namespace ctxlog::http
