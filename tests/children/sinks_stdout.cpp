// Writes numbered lines to standard output, for tests that close it, cut it off or kill the program.
// SPDX-License-Identifier: MIT
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <string>

#include "ctxlog/sinks/fd.hpp"
#include "sinks.hpp"

// Usage: sinks_stdout COUNT REPORT [DATA]
// Opens DATA for appending first, as a program does that has other files than its log. Writes COUNT lines,
// then to REPORT the numbers of taken and of refused lines and the reason of the last refusal.
int main(int argc, char** argv) {
  using namespace sinks_test;
  if (argc < 3) return 2;
  if (argc > 3 && ::open(argv[3], O_WRONLY | O_APPEND) == -1) return 2;

  std::signal(SIGPIPE, SIG_DFL);  // the shell or test above may ignore it
  const auto sink = ctxlog::stdout_sink();
  const auto again = ctxlog::stdout_sink();
  int refused = 0;
  std::error_code reason;
  const int count = std::atoi(argv[1]);
  for (int number = 0; number < count; ++number) {
    if (const auto error = sink->write(any_record(), numbered_line(0, number, 100))) {
      reason = error;
      ++refused;
    }
  }
  std::ofstream(argv[2]) << count - refused << ' ' << refused << ' ' << reason.value() << ' ' << sink->name();
}
