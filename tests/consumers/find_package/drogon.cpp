// A user's program of the Drogon adapter: its target brings Drogon.
// SPDX-License-Identifier: MIT
#include <drogon/HttpResponse.h>

int main() { return drogon::HttpResponse::newHttpResponse()->statusCode() == drogon::k200OK ? 0 : 1; }
