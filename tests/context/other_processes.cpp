// Variables that travel to another process, and what a forked child keeps.
// SPDX-License-Identifier: MIT
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "context.hpp"
#include "ctxlog/process.hpp"

namespace {

using context_test::clean_context;
using headers = std::map<std::string, std::string, std::less<>>;

constinit ctxlog::context_var<std::string> request_id{"request_id"};
constinit ctxlog::context_var<std::string> trace{"trace"};

const ctxlog::propagator& carried() {
  static const ctxlog::propagator instance{{request_id, "X-Request-ID"}, {trace, "traceparent"}};
  return instance;
}

headers injected(const ctxlog::context& from = ctxlog::context::current()) {
  headers carrier;
  carried().inject([&](std::string_view header, std::string_view value) { carrier.emplace(header, value); },
                   from);
  return carrier;
}

ctxlog::context extracted(const headers& carrier, const ctxlog::context& base = ctxlog::context::current()) {
  return carried().extract(
      [&](std::string_view header) -> std::optional<std::string_view> {
        const auto found = carrier.find(header);
        return found == carrier.end() ? std::nullopt : std::optional<std::string_view>(found->second);
      },
      base);
}

std::string id_in(const ctxlog::context& snapshot) {
  const std::string* value = request_id.find(snapshot);
  return value ? *value : "none";
}

TEST_CASE_METHOD(clean_context, "what one process injects another extracts", "[DR-03]") {
  headers carrier;
  {
    const auto id = request_id.bind("r-1");
    const auto tracing = trace.bind("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    carrier = injected();
  }
  CHECK(carrier == headers{{"X-Request-ID", "r-1"},
                           {"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}});
  const auto received = extracted(carrier);
  CHECK(id_in(received) == "r-1");
  CHECK(trace.find(received)->starts_with("00-4bf9"));
  CHECK_FALSE(request_id.find());
}

TEST_CASE_METHOD(clean_context, "what is not bound is not injected, and what does not arrive stays as it was",
                 "[DR-03]") {
  CHECK(injected().empty());
  const auto id = request_id.bind("mine");
  CHECK(id_in(extracted({})) == "mine");
  CHECK(id_in(extracted({}, ctxlog::context::empty())) == "none");
}

TEST_CASE_METHOD(clean_context, "a hostile value is neither taken nor sent", "[DR-03][H11]") {
  for (const std::string& hostile : {std::string(), std::string("a\r\nSet-Cookie: b"), std::string("a\0b", 3),
                                     std::string("\x7f"), std::string("\x1b[31m"), std::string(8193, 'x')}) {
    CHECK(id_in(extracted({{"X-Request-ID", hostile}})) == "none");
    const auto id = request_id.bind(hostile);
    CHECK(injected().empty());
  }
  CHECK(id_in(extracted({{"X-Request-ID", std::string(8192, 'x')}})).size() == 8192);
}

TEST_CASE_METHOD(clean_context, "a variable's own rule decides what is taken", "[DR-03]") {
  const ctxlog::propagator strict{
      {request_id, "X-Request-ID", [](std::string_view value) { return value.starts_with("r-"); }}};
  const auto from = [&](std::string_view value) {
    return id_in(strict.extract([&](std::string_view) { return std::optional(value); }));
  };
  CHECK(from("r-1") == "r-1");
  CHECK(from("1") == "none");
}

TEST_CASE("a header that cannot be one is refused by name", "[DR-03]") {
  using Catch::Matchers::ContainsSubstring;
  CHECK_THROWS_AS((ctxlog::propagator{{request_id, "X Request"}}), std::invalid_argument);
  CHECK_THROWS_AS((ctxlog::propagator{{request_id, ""}}), std::invalid_argument);
  CHECK_THROWS_WITH((ctxlog::propagator{{request_id, "x-id"}, {trace, "X-ID"}}), ContainsSubstring("'X-ID'"));
}

TEST_CASE_METHOD(clean_context, "the environment for a child has the context's values and no older ones",
                 "[DR-03]") {
  ::setenv("X_REQUEST_ID", "older", 1);
  ::setenv("TRACEPARENT", "older", 1);
  const auto id = request_id.bind("r-1");
  const auto environment = carried().environment();
  ::unsetenv("X_REQUEST_ID");
  ::unsetenv("TRACEPARENT");
  const auto count = [&](std::string_view start) {
    return std::count_if(environment.begin(), environment.end(),
                         [&](const std::string& variable) { return variable.starts_with(start); });
  };
  CHECK(count("X_REQUEST_ID=") == 1);
  CHECK(count("X_REQUEST_ID=r-1") == 1);
  CHECK(count("TRACEPARENT=") == 0);
  CHECK(count("PATH=") == 1);
}

TEST_CASE("a child that was started with the context in its environment logs it, and continues it",
          "[DR-03][H9]") {
  const auto logs_of_child = [](const std::vector<std::string>& environment) {
    std::vector<std::string> command{"/usr/bin/env", "-i"};
    command.insert(command.end(), environment.begin(), environment.end());
    command.insert(command.end(), {"ENV=PROD", CTXLOG_CHILDREN_DIR "/context_exec", "grandchild"});
    return context_test::run_program(command).output;
  };
  const auto id = request_id.bind("r-1");
  const std::string carried_on = logs_of_child(carried().environment());
  CHECK(carried_on.find("\"message\":\"child\",\"request_id\":\"r-1\"") != std::string::npos);
  CHECK(carried_on.find("\"message\":\"grandchild\",\"request_id\":\"r-1\"") != std::string::npos);
  const std::string without = logs_of_child(carried().environment(ctxlog::context::empty()));
  CHECK(without.find("\"message\":\"child\"}") != std::string::npos);
  CHECK(without.find("request_id") == std::string::npos);
}

// What a forked child finds, with the exit status that it ends with.
int id_of_child() {
  const pid_t child = ::fork();
  REQUIRE(child != -1);
  if (child == 0)
    ::_exit(id_in(ctxlog::context::current()) == "r-1" ? 1 : ctxlog::context::current() ? 2 : 3);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WEXITSTATUS(status);
}

TEST_CASE_METHOD(clean_context, "a forked child keeps the context or starts without one, as the policy says",
                 "[H9]") {
  const auto id = request_id.bind("r-1");
  CHECK(id_of_child() == 1);
  ctxlog::set_fork_policy(ctxlog::fork_policy::clear);
  CHECK(id_of_child() == 3);
  CHECK(id_in(ctxlog::context::current()) == "r-1");
  ctxlog::set_fork_policy(ctxlog::fork_policy::keep);
  CHECK(id_of_child() == 1);
}

}  // namespace
