// The gateway, on cpp-httplib: it calls the inventory with libcurl.
// SPDX-License-Identifier: MIT
#include <ctxlog/http/curl.hpp>
#include <ctxlog/http/httplib.hpp>
#include <memory>
#include <string>

#include "serve.hpp"

namespace {

std::size_t append_body(char* bytes, std::size_t, std::size_t size, void* body) {
  static_cast<std::string*>(body)->append(bytes, size);
  return size;
}

struct answer {
  long status = 502;
  std::string body = {};
};

answer post(const std::string& url) {
  const std::unique_ptr<CURL, void (*)(CURL*)> call(curl_easy_init(), curl_easy_cleanup);
  const std::unique_ptr<curl_slist, void (*)(curl_slist*)> headers(
      ctxlog::curl::append_headers(nullptr, "127.0.0.1"), curl_slist_free_all);
  answer got;
  curl_easy_setopt(call.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(call.get(), CURLOPT_POSTFIELDS, "");
  curl_easy_setopt(call.get(), CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(call.get(), CURLOPT_WRITEFUNCTION, append_body);
  curl_easy_setopt(call.get(), CURLOPT_WRITEDATA, &got.body);
  if (curl_easy_perform(call.get()) == CURLE_OK)
    curl_easy_getinfo(call.get(), CURLINFO_RESPONSE_CODE, &got.status);
  return got;
}

}  // namespace

void chain::run_gateway(int inventory_port) {
  const std::string inventory = "http://127.0.0.1:" + std::to_string(inventory_port);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  httplib::Server server;
  ctxlog::httplib::install(server, chain::http_options());
  server.Post("/checkout", [&](const httplib::Request&, httplib::Response& response) {
    ctxlog::info("checkout begins");
    const answer reserved = post(inventory + "/reservations");
    response.status = static_cast<int>(reserved.status);
    response.set_content(reserved.body, "application/json");
  });
  chain::serve(server);
}
