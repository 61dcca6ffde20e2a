// A Drogon server with one trivial route, for load tests of its adapter: http_drogon off|on PORT; bench/http.sh drives it.
// SPDX-License-Identifier: MIT
#include <cstdint>
#include <cstdio>
#include <ctxlog/http/drogon.hpp>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

int main(int count, char** given) {
  const std::string_view mode = count == 3 ? given[1] : "";
  if (mode != "off" && mode != "on") {
    std::fputs("usage: http_drogon off|on PORT\n", stderr);
    return 2;
  }
  auto& app = drogon::app();
  if (mode == "on") ctxlog::drogon::install();
  app.registerHandler("/hello", [](const drogon::HttpRequestPtr&,
                                   std::function<void(const drogon::HttpResponsePtr&)>&& reply) {
    auto response = drogon::HttpResponse::newHttpResponse(drogon::k200OK, drogon::CT_TEXT_PLAIN);
    response->setBody(std::string("hello\n"));
    reply(response);
  });
  app.setThreadNum(1)
      .addListener("127.0.0.1", static_cast<std::uint16_t>(std::stoi(given[2])))
      .setLogLevel(trantor::Logger::kWarn)
      .setUploadPath(std::filesystem::temp_directory_path() / "ctxlog_drogon_uploads")
      .run();
  return 0;
}
