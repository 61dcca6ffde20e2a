// The list of tracestate: what W3C Trace Context level 2 allows in it, sections 3.3.1 to 3.3.1.5.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <stdexcept>
#include <vector>

#include "ctxlog/http/trace_context.hpp"
#include "http/header_text.hpp"

namespace ctxlog::http {
namespace {

constexpr std::size_t max_members = 32, max_key_size = 256, max_value_size = 256;
constexpr std::size_t large_member_size = 128;

struct state_member {
  std::string_view text, key, value;
};

// Without "=" the value is missing, and no value is empty.
state_member split(std::string_view text) noexcept {
  const auto equals = text.find('=');
  if (equals == text.npos) return {text, text, {}};
  return {text, text.substr(0, equals), text.substr(equals + 1)};
}

bool is_key(std::string_view key) noexcept {
  const auto starts = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !key.empty() && key.size() <= max_key_size && starts(key[0]) &&
         std::all_of(key.begin(), key.end(), [=](char c) {
           return starts(c) || c == '_' || c == '-' || c == '*' || c == '/' || c == '@';
         });
}

bool is_value(std::string_view value) noexcept {
  return !value.empty() && value.size() <= max_value_size && value.back() != ' ' &&
         std::all_of(value.begin(), value.end(),
                     [](char c) { return c >= 0x20 && c <= 0x7e && c != ',' && c != '='; });
}

// The first member of a list that is checked already; taken off it.
state_member take_member(std::string_view& list) noexcept {
  const auto end = std::min(list.find(','), list.size());
  const state_member member = split(list.substr(0, end));
  list.remove_prefix(std::min(end + 1, list.size()));
  return member;
}

void append(std::string& list, std::string_view member) {
  if (!list.empty()) list += ',';
  list += member;
}

}  // namespace

trace_state trace_state::parse(std::span<const std::string_view> header_lines) {
  trace_state parsed;
  std::size_t count = 0;
  for (std::string_view rest : header_lines) {
    while (!rest.empty()) {
      const state_member member = split(detail::take_first(rest, ','));
      if (member.text.empty()) continue;
      if (++count > max_members || !is_key(member.key) || !is_value(member.value)) return {};
      if (!parsed.find(member.key)) append(parsed.members_, member.text);
    }
  }
  return parsed;
}

trace_state trace_state::with(std::string_view key, std::string_view value) const {
  if (!is_key(key)) throw std::invalid_argument("tracestate: '" + std::string(key) + "' cannot be a key");
  if (!is_value(value)) throw std::invalid_argument("tracestate: not a value for '" + std::string(key) + "'");
  trace_state changed;
  changed.members_.append(key).append(1, '=').append(value);
  std::size_t count = 1;
  for (std::string_view rest = members_; !rest.empty();) {
    const state_member other = take_member(rest);
    if (other.key == key) continue;
    if (++count > max_members) break;
    append(changed.members_, other.text);
  }
  return changed;
}

std::optional<std::string_view> trace_state::find(std::string_view key) const noexcept {
  for (std::string_view rest = members_; !rest.empty();) {
    const state_member member = take_member(rest);
    if (member.key == key) return member.value;
  }
  return std::nullopt;
}

std::string trace_state::text(std::size_t max_size) const {
  if (members_.size() <= max_size) return members_;
  std::vector<std::string_view> members;
  for (std::string_view rest = members_; !rest.empty();) members.push_back(take_member(rest).text);
  std::size_t size = members_.size() + 1;  // a comma after each member
  while (!members.empty() && size > max_size + 1) {
    const auto large = std::find_if(members.rbegin(), members.rend(), [](std::string_view member) {
      return member.size() > large_member_size;
    });
    const auto dropped = large == members.rend() ? members.end() - 1 : large.base() - 1;
    size -= dropped->size() + 1;
    members.erase(dropped);
  }
  std::string kept;
  for (const std::string_view member : members) append(kept, member);
  return kept;
}

}  // namespace ctxlog::http
