// Calls with libcurl to a server of the test's own.
// SPDX-License-Identifier: MIT
#include "ctxlog/http/curl.hpp"

#include <httplib.h>

#include <catch2/catch_test_macros.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "../made_request.hpp"
#include "logger.hpp"

namespace {

using ctxlog::http::set_propagation;
using ctxlog::http::trace_parent;
using http_test::made_request;

/// Remembers the headers of its last request.
class server {
 public:
  server() {
    server_.Get("/", [this](const httplib::Request& request, httplib::Response&) {
      const std::lock_guard lock(mutex_);
      seen_ = request.headers;
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    serving_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
  }
  ~server() {
    server_.stop();
    serving_.join();
  }

  /// A call with libcurl and `headers`, which it frees; what arrived.
  httplib::Headers ask(curl_slist* headers) {
    const std::unique_ptr<curl_slist, void (*)(curl_slist*)> owned(headers, curl_slist_free_all);
    const std::unique_ptr<CURL, void (*)(CURL*)> call(curl_easy_init(), curl_easy_cleanup);
    curl_easy_setopt(call.get(), CURLOPT_URL, ("http://127.0.0.1:" + std::to_string(port_) + "/").c_str());
    curl_easy_setopt(call.get(), CURLOPT_PROXY, "");
    curl_easy_setopt(call.get(), CURLOPT_HTTPHEADER, headers);
    REQUIRE(curl_easy_perform(call.get()) == CURLE_OK);
    const std::lock_guard lock(mutex_);
    return std::exchange(seen_, {});
  }

 private:
  httplib::Server server_;
  int port_ = 0;
  std::thread serving_;
  std::mutex mutex_;
  httplib::Headers seen_;
};

class calls : public logger_test::clean_logging {
 public:
  calls() = default;
  ~calls() { set_propagation({}); }

 protected:
  server inventory_;
};

std::string value(const httplib::Headers& headers, const std::string& name) {
  REQUIRE(headers.count(name) <= 1);
  const auto found = headers.find(name);
  return found == headers.end() ? std::string() : found->second;
}

TEST_CASE_METHOD(calls, "libcurl sends the request's id and trace, with a new span for each call",
                 "[http-9][http-38][BL-17]") {
  const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  const auto one = made_request{.headers = {{"X-Request-ID", "req-1"},
                                            {"traceparent", "00-" + trace + "-00f067aa0ba902b7-01"}}}
                       .begin();
  const auto inside = one->enter();
  std::string last;
  for (int i = 0; i != 3; ++i) {
    const auto& seen =
        inventory_.ask(ctxlog::curl::append_headers(curl_slist_append(nullptr, "X-Own: kept"), "127.0.0.1"));
    CHECK(value(seen, "X-Own") == "kept");
    CHECK(value(seen, "X-Request-ID") == "req-1");
    const auto parent = trace_parent::parse(value(seen, "traceparent"));
    REQUIRE(parent);
    CHECK(parent->trace_id.text() == trace);
    CHECK(parent->span_id.text() != last);
    last = parent->span_id.text();
  }
}

TEST_CASE_METHOD(calls, "libcurl sends nothing to a host that is not on the list", "[http-9]") {
  set_propagation({.hosts = {"inventory.internal"}});
  const auto one = made_request().begin();
  const auto inside = one->enter();
  const auto& seen = inventory_.ask(ctxlog::curl::append_headers(nullptr, "127.0.0.1"));
  CHECK(value(seen, "X-Request-ID").empty());
  CHECK(value(seen, "traceparent").empty());
}

TEST_CASE_METHOD(calls, "libcurl starts a trace outside of a request", "[http-9]") {
  const auto& seen = inventory_.ask(ctxlog::curl::append_headers(nullptr));
  CHECK(trace_parent::parse(value(seen, "traceparent")));
  CHECK(value(seen, "X-Request-ID").empty());
}

}  // namespace
