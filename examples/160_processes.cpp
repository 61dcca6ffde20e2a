// Other processes: a child started with the context in its environment goes on in it.
// SPDX-License-Identifier: MIT
#include <spawn.h>
#include <sys/wait.h>

#include <ctxlog/ctxlog.hpp>
#include <ctxlog/process.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace {

constinit ctxlog::context_var<std::string> request_id{"request_id"};

// What travels, and under which name; as an environment variable it is X_REQUEST_ID.
const ctxlog::propagator& carried() {
  static const ctxlog::propagator instance{{request_id, "X-Request-ID"}};
  return instance;
}

void run_child(const char* program) {
  auto environment = carried().environment();
  std::vector<char*> pointers;
  for (std::string& variable : environment) pointers.push_back(variable.data());
  pointers.push_back(nullptr);
  std::string name = program, argument = "child";
  char* arguments[] = {name.data(), argument.data(), nullptr};
  pid_t child = 0;
  if (::posix_spawn(&child, program, nullptr, nullptr, arguments, pointers.data()) == 0)
    ::waitpid(child, nullptr, 0);
}

}  // namespace

int main(int argc, char** argv) {
  ctxlog::configure({.patchers = {{ctxlog::context_variables(request_id)}}});
  if (argc > 1) {
    const ctxlog::context_guard received(carried().extract_environment());
    ctxlog::info("the child goes on in the context of its parent");
    return 0;
  }
  const auto bound = request_id.bind("req-1");
  ctxlog::info("the parent starts a child");
  ctxlog::flush();
  run_child(argv[0]);

  // The same for a message: its headers, whatever holds them.
  std::map<std::string, std::string> headers;
  carried().inject([&](std::string_view header, std::string_view value) { headers.emplace(header, value); });
  ctxlog::info("a message would carry {headers}", ctxlog::kv("headers", headers));
}
