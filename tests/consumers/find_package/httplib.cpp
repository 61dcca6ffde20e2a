// A user's program of the cpp-httplib adapter: its target brings cpp-httplib.
// SPDX-License-Identifier: MIT
#include <ctxlog/http/httplib.hpp>

int main() {
  httplib::Server server;
  ctxlog::httplib::install(server);
  return server.is_valid() ? 0 : 1;
}
