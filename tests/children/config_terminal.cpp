// Makes the terminal that CTXLOG_TEST_TERMINAL names its standard error, then logs one record.
// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "ctxlog/ctxlog.hpp"

int main() {
  const int terminal = ::open(std::getenv("CTXLOG_TEST_TERMINAL"), O_RDWR | O_NOCTTY);
  if (terminal == -1 || ::dup2(terminal, STDERR_FILENO) == -1) return 1;
  if (const char* colour = std::getenv("CTXLOG_TEST_COLOUR"))
    ctxlog::configure({.colour = std::string_view(colour) == "on"});
  ctxlog::info("on a terminal");
}
