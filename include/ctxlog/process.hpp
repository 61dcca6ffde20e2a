// Carrying context variables to other processes: in their environment, or in the headers of a message.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ctxlog/context.hpp"

namespace ctxlog {

/// One variable that travels. It must outlive the propagator, as variables with static storage do.
struct carried_variable {
  const context_var<std::string>& variable;
  /// Name of the header that carries it, such as "X-Request-ID" or "traceparent".
  std::string header;
  /// Whether a value that arrived is taken. Null: 1 to 8192 bytes without control characters.
  bool (*accepts)(std::string_view value) = nullptr;
};

/// Writes variables into a carrier and reads them from one: a propagator in the sense of OpenTelemetry's
/// specification, Context API Propagators. Its const members may be called from any thread.
class CTXLOG_API propagator {
 public:
  /// Throws std::invalid_argument for a header that is not an HTTP token (RFC 9110, section 5.6.2) or stands
  /// there twice.
  propagator(std::initializer_list<carried_variable> variables);

  /// Calls `set(header, value)` for every variable that `from` binds, in the order of construction. A value
  /// that the receiver would not take is left out.
  void inject(const std::function<void(std::string_view header, std::string_view value)>& set,
              const context& from = context::current()) const;

  /// `base` with the variables that `get(header)` has an acceptable value for bound to it; the others are as in
  /// `base`. What arrives is untrusted: see carried_variable::accepts.
  [[nodiscard]] context extract(
      const std::function<std::optional<std::string_view>(std::string_view header)>& get,
      const context& base = context::current()) const;

  /// This process's environment with the variables of `from` in it, as "NAME=value" for execve() and
  /// posix_spawn(); what it held for variables that `from` does not bind is left out. The header "X-Request-ID"
  /// travels as X_REQUEST_ID: upper case, everything but letters and digits an underscore (OpenTelemetry,
  /// Environment Variables as Context Propagation Carriers). Call it before fork(), it allocates.
  [[nodiscard]] std::vector<std::string> environment(const context& from = context::current()) const;

  /// The same, read from the environment this process was started with.
  [[nodiscard]] context extract_environment(const context& base = context::current()) const;

 private:
  struct entry {
    const context_var<std::string>* variable;
    std::string header;
    std::string name;  // in the environment
    bool (*accepts)(std::string_view);
  };
  std::vector<entry> entries_;
};

enum class fork_policy : std::uint8_t {
  keep,   // the child goes on in the context of the thread that called fork(): the default
  clear,  // the child starts in the empty context
};

/// What a child process made by fork() does with its copy of the context; contexts of other threads are never
/// there. Any thread.
CTXLOG_API void set_fork_policy(fork_policy policy) noexcept;

}  // namespace ctxlog
