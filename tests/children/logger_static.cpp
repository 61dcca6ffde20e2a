// Logs from a static initialiser, main(), destructors of thread_local objects, atexit() and a static destructor.
// SPDX-License-Identifier: MIT
#include <cstdlib>
#include <string>
#include <thread>

#include "ctxlog/ctxlog.hpp"

namespace {

struct logs_at_end {
  const char* message;
  ~logs_at_end() { ctxlog::info("{}", message); }
};

// Here before the first record, so destroyed after whatever the logger constructed for it.
struct configures_at_end {
  ~configures_at_end() {
    ctxlog::set_level(ctxlog::level::debug);
    std::thread([] { ctxlog::debug("destructor of what was there before the logger"); }).join();
  }
} const earliest;

struct logs_at_both_ends {
  logs_at_both_ends() { ctxlog::info("static initialiser"); }
  ~logs_at_both_ends() { ctxlog::info("static destructor"); }
} const whole_program;

}  // namespace

int main() {
  std::atexit([] { ctxlog::info("atexit"); });
  ctxlog::info("main");
  std::thread([] {
    thread_local logs_at_end registered_first{"thread_local destructor of a thread"};
    (void)registered_first.message;
    const auto fields = ctxlog::with_fields(ctxlog::kv("k", std::string(100, 'v')));
  }).join();
  std::thread([] {
    thread_local logs_at_end only{"first record in a thread_local destructor"};
    (void)only.message;
  }).join();
  thread_local logs_at_end of_main{"thread_local destructor of main"};
  (void)of_main.message;
}
