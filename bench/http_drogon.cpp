// A Drogon server with one trivial route, for load tests of its adapter: http_drogon MODE PORT; bench/http.sh drives it.
// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <ctxlog/http/drogon.hpp>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace {

// What Drogon takes for an adapter that does nothing: the three places that one needs to begin an exchange, to run the
// handlers in its context and to finish it, and a line of the usual length.
void install_nothing() {
  auto& app = drogon::app();
  app.registerSyncAdvice([](const drogon::HttpRequestPtr&) { return drogon::HttpResponsePtr(); });
  app.registerPreRoutingAdvice([](const drogon::HttpRequestPtr&, drogon::AdviceCallback&&,
                                  drogon::AdviceChainCallback&& next) { next(); });
  app.registerPreSendingAdvice([](const drogon::HttpRequestPtr&, const drogon::HttpResponsePtr&) {
    static const std::string line(400, 'x');
    if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) std::perror("http_drogon");
  });
}

}  // namespace

int main(int count, char** given) {
  const std::string_view mode = count == 3 ? given[1] : "";
  if (mode == "floor") {
    install_nothing();
  } else if (mode == "on") {
    ctxlog::drogon::install();
  } else if (mode != "off") {
    std::fputs(
        "usage: http_drogon MODE PORT, MODE one of\n"
        "  off    no adapter\n"
        "  floor  an adapter that does nothing, and a write(2) for each request\n"
        "  on     ctxlog's adapter; a record for each request goes to standard output\n",
        stderr);
    return 2;
  }
  drogon::app()
      .registerHandler(
          "/hello",
          [](const drogon::HttpRequestPtr&, std::function<void(const drogon::HttpResponsePtr&)>&& reply) {
            auto response = drogon::HttpResponse::newHttpResponse(drogon::k200OK, drogon::CT_TEXT_PLAIN);
            response->setBody(std::string("hello\n"));
            reply(response);
          })
      .setThreadNum(1)
      .addListener("127.0.0.1", static_cast<std::uint16_t>(std::stoi(given[2])))
      .setLogLevel(trantor::Logger::kWarn)
      .setUploadPath(std::filesystem::temp_directory_path() / "ctxlog_drogon_uploads")
      .run();
  return 0;
}
