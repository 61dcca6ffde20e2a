// Logs 1000 numbered records and ends in the way it is asked for; static and thread_local objects log too.
// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <thread>

#include "ctxlog/ctxlog.hpp"

namespace {

using ctxlog::kv;

struct logs_at_end {
  const char* message;
  ~logs_at_end() { ctxlog::info("{}", message); }
};

// Here before the first record, so destroyed after whatever the logger constructed for it.
const logs_at_end earliest{"static destructor of what was there before the logger"};

struct logs_at_both_ends {
  logs_at_both_ends() { ctxlog::info("static initialiser"); }
  ~logs_at_both_ends() { ctxlog::info("static destructor"); }
} const whole_program;

}  // namespace

int main(int, char** arguments) {
  ::alarm(60);
  const std::string_view way = arguments[1];
  std::atexit([] { ctxlog::info("atexit"); });
  std::thread([] {
    thread_local logs_at_end of_thread{"thread_local destructor of a thread"};
    (void)of_thread.message;
    ctxlog::info("on a thread");
  }).join();
  for (int n = 0; n < 1000; ++n) ctxlog::info("record", kv("n", n));
  if (way == "exit") std::exit(0);
  if (way == "exit on a thread") std::thread([] { std::exit(0); }).join();
  if (way == "quick_exit after flush") {
    ctxlog::flush();
    std::quick_exit(0);
  }
}
