// A user's program of the Crow adapter: its target brings Crow.
// SPDX-License-Identifier: MIT
#include <ctxlog/http/crow.hpp>

int main() {
  crow::App<ctxlog::crow::middleware> app;
  app.validate();
  return crow::response(404).code == 404 ? 0 : 1;
}
