// A host without ctxlog: loading the plugin named on its command line is what loads the library.
// SPDX-License-Identifier: MIT
#include <dlfcn.h>

#include <cstdio>

int main(int, char** arguments) {
  void* const plugin = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
  if (!plugin) {
    std::printf("%s\n", dlerror());
    return 1;
  }
  reinterpret_cast<void (*)()>(dlsym(plugin, "plugin_run_alone"))();
}
