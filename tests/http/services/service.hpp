// What the test services of all frameworks share: their options by scenario, their lines, their start and end.
// SPDX-License-Identifier: MIT
//
// A service is a program: it serves on a free port of the loopback interface, says so in a record, and ends when its
// standard input does, with everything written. These routes are the same on every framework, as far as it can:
//
//   GET  /hello               logs "hello"; "hello"
//   GET  /users/{id}          logs "user"; the id
//   POST /echo                the body
//   GET  /throw, /throw-int   log "about to throw"; throw std::runtime_error("boom"), 42
//   GET  /denied              refused with 403 before the handler
//   GET  /redirect            302 to /hello
//   GET  /static/file.txt     3000 bytes that the framework serves itself, from the directory of the second argument
//   GET  /fields?user=U       adds the field `user` to the access record
//   GET  /error-line?user=U   binds the variable `user` and logs the error "failed for user"
//   GET  /slow?ms=N           answers after N milliseconds, where the framework can without holding a thread
//   GET  /thread              answered by another thread, which logs "on another thread" and, when it has let go of the
//                             request, "idle"
//   GET  /callback            a timer's callback with bind_context() logs "bound callback", one without "plain callback"; then answers
//   GET  /background          answers; work that goes on logs "background" once GET /release was asked for
//   GET  /never               never answers
//   GET  /stream              three chunks of 1000 bytes, the size unknown before
//   GET  /framework-line      the framework's own log gets "framework line"
//   GET  /call?port=P&path=T  calls http://127.0.0.1:P/T with propagation headers; its body
//   POST /test                the service of the W3C Trace Context test harness
//   GET  /api/test-async-context, /api/test-thread-context
//                             three tasks at once, each of which sees whether its context is the request's
//   GET  /stats               what ctxlog::http::stats() counts, and what the probe found
#pragma once

#include <httplib.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctxlog/ctxlog.hpp>
#include <ctxlog/http/exchange.hpp>
#include <ctxlog/http/options.hpp>
#include <ctxlog/http/propagation.hpp>
#include <future>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace service {

using namespace ctxlog::literals;

inline constinit ctxlog::context_var<std::string> user{"user"};

inline ctxlog::http::options untrusted() {
  using ctxlog::http::trust;
  return {.request_id = {.trust = trust::none()}, .trace = {.trust = trust::none()}};
}

inline ctxlog::http::options behind_proxies() {
  using ctxlog::http::trust;
  const trust proxies = trust::networks({"127.0.0.0/8", "10.0.0.0/8", "2001:db8:1::/48"});
  return {.baggage = {.trust = proxies, .fields = {"tenant"}}, .forwarded = proxies};
}

inline ctxlog::http::options with_callbacks() {
  ctxlog::http::options chosen;
  chosen.access.skip = [](const ctxlog::http::access_view& seen) { return seen.path == "/hello"; };
  chosen.access.slow = std::chrono::milliseconds(50);
  chosen.access.level = [](const ctxlog::http::access_view& seen, ctxlog::level so_far) {
    return seen.path == "/fields" ? ctxlog::level::critical : so_far;
  };
  chosen.access.enrich = [](const ctxlog::http::access_view& seen, ctxlog::field_set& fields) {
    fields.set("path_size", seen.path.size());
  };
  return chosen;
}

inline ctxlog::http::options throwing() {
  ctxlog::http::options chosen;
  chosen.request_id.generate = []() -> std::string { throw std::runtime_error("no ids left"); };
  chosen.request_id.trust = ctxlog::http::trust::predicate([](const auto&) -> bool { throw 42; });
  chosen.access.skip = [](const auto&) -> bool { throw std::runtime_error("skip"); };
  chosen.access.level = [](const auto&, auto) -> ctxlog::level { throw 42; };
  chosen.access.enrich = [](const auto&, auto&) { throw std::runtime_error("enrich"); };
  return chosen;
}

inline ctxlog::http::options with_headers() {
  ctxlog::http::options chosen;
  chosen.access.query = true;
  chosen.access.request_headers = {"Accept-Language", "Authorization", "Cookie", "X-Api-Key"};
  chosen.trace.server_timing = true;
  chosen.trace.b3 = true;
  chosen.access.mask_client = true;
  return chosen;
}

inline ctxlog::http::options options_of(std::string_view scenario) {
  using ctxlog::http::id_policy;
  if (scenario == "default") return {};
  if (scenario == "reject") return {.request_id = {.on_fault = id_policy::reject}};
  if (scenario == "sanitize") return {.request_id = {.on_fault = id_policy::sanitize}};
  if (scenario == "untrusted") return untrusted();
  if (scenario == "proxies") return behind_proxies();
  if (scenario == "callbacks") return with_callbacks();
  if (scenario == "throwing") return throwing();
  if (scenario == "headers") return with_headers();
  if (scenario == "ecs") return {.access = {.keys = ctxlog::http::ecs_keys}};
  if (scenario == "gcp") return {.access = {.keys = ctxlog::http::google_cloud_keys}};
  throw std::invalid_argument("unknown scenario \"" + std::string(scenario) + "\"");
}

struct arguments {
  ctxlog::http::options options;
  std::string files;  // directory of file.txt
};

/// SCENARIO DIRECTORY, both may be left out.
inline arguments arguments_of(int count, char** given) {
  ctxlog::configure({.patchers = {{ctxlog::context_variables(user)}}});
  return {options_of(count > 1 ? given[1] : "default"), count > 2 ? given[2] : "."};
}

inline void say_listening(int port) { ctxlog::info("listening on {port}", "port"_kv = port); }

/// Returns when standard input ends.
inline void wait_for_end() {
  while (std::getchar() != EOF) {}
}

/// Work that goes on after its answer: GET /background starts it in the request's context, GET /release lets it log.
class background_work {
 public:
  void start() {
    worker_ = ctxlog::thread([this] {
      released_.get_future().wait();
      ctxlog::info("background");
    });
  }
  void release() {
    released_.set_value();
    worker_.join();
  }

 private:
  std::promise<void> released_;
  std::thread worker_;
};

/// Whether a thread that serves no request at the moment has a context: asked by tasks that the service posts to its loops.
class probe {
 public:
  void look() noexcept {
    ++looks_;
    if (ctxlog::context::current()) ++leaks_;
  }
  std::string stats() const {
    const auto counted = ctxlog::http::stats();
    return nlohmann::json{{"requests", counted.requests},     {"aborted", counted.aborted},
                          {"faulty_ids", counted.faulty_ids}, {"faulty_traces", counted.faulty_traces},
                          {"looks", looks_.load()},           {"leaks", leaks_.load()}}
        .dump();
  }

 private:
  std::atomic<std::uint64_t> looks_{0}, leaks_{0};
};

inline void log_error_line(const std::string& name) {
  const auto bound = user.bind(name);
  ctxlog::error("failed for user");
}

/// A blocking GET of another service on this machine.
inline std::string call(int port, const std::string& path) {
  const auto headers = ctxlog::http::propagation_headers("127.0.0.1");
  httplib::Client client("127.0.0.1", port);
  const auto answer = client.Get(path, httplib::Headers(headers.begin(), headers.end()));
  return answer ? answer->body : "no answer";
}

/// What the harness asks for in `body`: a call for each item, made before the answer.
inline void answer_harness(const std::string& body) {
  const auto calls = nlohmann::json::parse(body, nullptr, false);
  if (!calls.is_array()) return;
  for (const auto& call : calls) {
    const std::string url = call.at("url");
    const std::size_t path = url.find('/', url.find("//") + 2);
    const auto headers = ctxlog::http::propagation_headers("127.0.0.1");
    httplib::Client(url.substr(0, path))
        .Post(url.substr(path), httplib::Headers(headers.begin(), headers.end()), call.at("arguments").dump(),
              "application/json");
  }
}

/// The answer of the two routes that test themselves: which of three tasks saw the request's id.
inline std::string verdict(std::string_view id_key, const std::array<bool, 3>& preserved) {
  nlohmann::json results = nlohmann::json::array();
  bool all = true;
  for (std::size_t i = 0; i != preserved.size(); ++i) {
    results.push_back({{id_key, i + 1}, {"trace_preserved", preserved[i]}, {"http_status", 200}});
    all = all && preserved[i];
  }
  return nlohmann::json{
      {"results", results}, {"all_context_preserved", all}, {"test_status", all ? "PASS" : "FAIL"}}
      .dump();
}

/// Whether the calling code works for `request_id`.
inline bool works_for(const std::string& request_id) {
  const auto* const ids = ctxlog::http::current_correlation();
  return ids && ids->request_id == request_id;
}

inline std::string current_id() {
  const auto* const ids = ctxlog::http::current_correlation();
  return ids ? ids->request_id : std::string();
}

/// GET /api/test-thread-context.
inline std::string test_threads() {
  std::array<bool, 3> preserved{};
  {
    std::vector<std::jthread> workers;
    for (bool& own : preserved)
      workers.push_back(ctxlog::jthread([&own, id = current_id()] { own = works_for(id); }));
  }
  return verdict("task_id", preserved);
}

}  // namespace service
