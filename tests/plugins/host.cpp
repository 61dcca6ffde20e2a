// Loads the plugins named on its command line, each inside the last, and prints what they see.
// SPDX-License-Identifier: MIT
#include <dlfcn.h>

#include <cstdio>

#include "plugin.hpp"

namespace {

constinit ctxlog::context_var<std::string> request_id{"request_id"};

void visit_plugins(char** paths);

// Called inside a plugin's scope: the next plugin sees what this one bound.
class printer : public visitor {
 public:
  explicit printer(char** rest) : rest_(rest) {}
  void visit(const std::string& seen) override {
    std::printf("plugin sees %s\n", seen.c_str());
    if (seen.find("bound by plugin") != std::string::npos) visit_plugins(rest_);
  }

 private:
  char** rest_;
};

void visit_plugins(char** paths) {
  if (!*paths) return;
  void* const plugin = dlopen(*paths, RTLD_NOW | RTLD_LOCAL);
  if (!plugin) {
    std::printf("%s\n", dlerror());
    return;
  }
  const auto visit = reinterpret_cast<decltype(&plugin_visit)>(dlsym(plugin, "plugin_visit"));
  printer next(paths + 1);
  visit(request_id, next);
}

}  // namespace

int main(int, char** arguments) {
  {
    const auto bound = request_id.bind("bound by host");
    visit_plugins(arguments + 1);
    std::printf("host sees %s\n", request_id.get().c_str());
  }
  std::printf("%lld left\n", static_cast<long long>(ctxlog::detail::live_nodes()));
}
