// A user's program of the Drogon adapter: its target brings Drogon.
// SPDX-License-Identifier: MIT
#include <ctxlog/http/drogon.hpp>

int main() {
  ctxlog::drogon::install();
  return drogon::HttpResponse::newHttpResponse()->statusCode() == drogon::k200OK ? 0 : 1;
}
