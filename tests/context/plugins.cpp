// One context across shared objects, and nothing interposed by linking the library.
// SPDX-License-Identifier: MIT
#include <string>
#include <vector>

#include "context.hpp"

namespace {

using context_test::run_program;

std::string plugin(const std::string& name) { return CTXLOG_PLUGINS_DIR "/" + name; }

TEST_CASE("a plugin sees the context of its host, whatever its visibility settings", "[ctx-25]") {
  for (const std::string name : {"plugin_hidden.so", "plugin_default.so"}) {
    const auto host = run_program({plugin("plugin_host"), plugin(name)});
    CHECK(host.status == 0);
    CHECK(host.output ==
          "plugin sees bound by host\n"
          "plugin sees bound by host, bound by plugin\n"
          "host sees bound by host\n"
          "0 left\n");
  }
}

TEST_CASE("two plugins share one context", "[ctx-27]") {
  const auto host =
      run_program({plugin("plugin_host"), plugin("plugin_hidden.so"), plugin("plugin_default.so")});
  CHECK(host.status == 0);
  CHECK(host.output ==
        "plugin sees bound by host\n"
        "plugin sees bound by host, bound by plugin\n"
        "plugin sees bound by host, bound by plugin\n"
        "plugin sees bound by host, bound by plugin, bound by plugin\n"
        "host sees bound by host\n"
        "0 left\n");
}

#ifdef CTXLOG_IS_SHARED
TEST_CASE("the library may itself be loaded by dlopen", "[ctx-26]") {
  const auto host = run_program({plugin("plugin_plain_host"), plugin("plugin_alone.so")});
  CHECK(host.status == 0);
  CHECK(host.output == "thread sees bound by plugin\n");
}
#endif

TEST_CASE("the library defines nothing that would change plain threads", "[DR-10]") {
  const auto symbols = run_program({"nm", "--extern-only", "--defined-only", "-P", CTXLOG_LIBRARY_FILE});
  CHECK(symbols.status == 0);
  CHECK(symbols.output.find("current_node") != std::string::npos);
  for (const std::string name : {"pthread_create", "pthread_join", "thrd_create", "clone", "fork"}) {
    CHECK(symbols.output.find("\n" + name + " ") == std::string::npos);
  }
}

}  // namespace
