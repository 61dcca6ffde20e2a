// The smallest program: a line for every level, pretty on a terminal, JSON with ENV=PROD.
// SPDX-License-Identifier: MIT
#include <ctxlog/ctxlog.hpp>

int main() {
  ctxlog::trace("not shown: DEV begins at debug");
  ctxlog::debug("reading the menu");
  ctxlog::info("hello, {}", "world");
  ctxlog::warn("the coffee is {:.1f} degrees too cold", 12.5);
  ctxlog::error("no milk left");
  ctxlog::critical("no coffee left");
}
