// Carrying context variables to other processes.
// SPDX-License-Identifier: MIT
#include "ctxlog/process.hpp"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <stdexcept>

#include "text/ascii.hpp"

namespace ctxlog {
namespace {

constexpr std::size_t longest_value = 8192;  // bytes; what servers take as one header line

bool is_printable(std::string_view value) noexcept {
  return !value.empty() && value.size() <= longest_value &&
         std::all_of(value.begin(), value.end(), [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return byte >= 0x20 && byte != 0x7f;
         });
}

std::string environment_name(std::string_view header) {
  std::string name(header);
  for (char& c : name) {
    if (!detail::is_letter_or_digit(c)) c = '_';
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return name;
}

constinit std::atomic<fork_policy> policy_of_forks{fork_policy::keep};

void in_child() noexcept {
  if (policy_of_forks.load(std::memory_order_relaxed) == fork_policy::clear)
    detail::exchange_current(context::empty());
}

}  // namespace

propagator::propagator(std::initializer_list<carried_variable> variables) {
  for (const auto& [variable, header, accepts] : variables) {
    if (!detail::is_token(header))
      throw std::invalid_argument("propagator: '" + header +
                                  "' cannot be the name of a header, expected letters, " +
                                  "digits and !#$%&'*+-.^_`|~");
    const std::string name = environment_name(header);
    if (std::any_of(entries_.begin(), entries_.end(), [&](const entry& other) { return other.name == name; }))
      throw std::invalid_argument("propagator: the header '" + header + "' stands there twice");
    entries_.push_back({&variable, header, name, accepts ? accepts : is_printable});
  }
}

void propagator::inject(const std::function<void(std::string_view, std::string_view)>& set,
                        const context& from) const {
  for (const entry& each : entries_)
    if (const std::string* value = each.variable->find(from); value && each.accepts(*value))
      set(each.header, *value);
}

context propagator::extract(const std::function<std::optional<std::string_view>(std::string_view)>& get,
                            const context& base) const {
  return base.run([&] {
    for (const entry& each : entries_)
      if (const auto value = get(each.header); value && each.accepts(*value))
        each.variable->set(std::string(*value));
    return context::current();
  });
}

std::vector<std::string> propagator::environment(const context& from) const {
  std::vector<std::string> result;
  for (char** variable = ::environ; variable && *variable; ++variable) {
    const std::string_view text = *variable;
    const std::string_view name = text.substr(0, text.find('='));
    if (std::none_of(entries_.begin(), entries_.end(), [&](const entry& each) { return each.name == name; }))
      result.emplace_back(text);
  }
  for (const entry& each : entries_)
    if (const std::string* value = each.variable->find(from); value && each.accepts(*value))
      result.push_back(each.name + '=' + *value);
  return result;
}

context propagator::extract_environment(const context& base) const {
  return extract(
      [](std::string_view header) -> std::optional<std::string_view> {
        const char* const value = std::getenv(environment_name(header).c_str());
        return value ? std::optional<std::string_view>(value) : std::nullopt;
      },
      base);
}

void set_fork_policy(fork_policy policy) noexcept {
  [[maybe_unused]] static const int registered = ::pthread_atfork(nullptr, nullptr, in_child);
  policy_of_forks.store(policy, std::memory_order_relaxed);
}

}  // namespace ctxlog
