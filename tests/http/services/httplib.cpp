// The test service on cpp-httplib: one thread for a connection, so every route is synchronous.
// SPDX-License-Identifier: MIT
#include <sys/socket.h>

#include <ctxlog/http/httplib.hpp>

#include "service.hpp"

namespace {

using httplib::Request;
using httplib::Response;

void add_plain_routes(httplib::Server& server, const service::probe& probe) {
  server.Get("/hello", [](const Request&, Response& answer) {
    ctxlog::info("hello");
    answer.set_content("hello\n", "text/plain");
  });
  server.Get(R"(/users/(\d+))", [](const Request& request, Response& answer) {
    ctxlog::info("user");
    answer.set_content(request.matches[1].str(), "text/plain");
  });
  server.Post("/echo", [](const Request& request, Response& answer) {
    answer.set_content(request.body, "application/octet-stream");
  });
  server.Get("/redirect", [](const Request&, Response& answer) { answer.set_redirect("/hello"); });
  server.Get("/fields", [](const Request& request, Response&) {
    ctxlog::http::add_to_access_record(ctxlog::kv("user", request.get_param_value("user")));
  });
  server.Get("/error-line", [](const Request& request, Response&) {
    service::log_error_line(request.get_param_value("user"));
  });
  server.Get("/stats", [&probe](const Request&, Response& answer) {
    answer.set_content(probe.stats(), "application/json");
  });
  server.Get("/call", [](const Request& request, Response& answer) {
    answer.set_content(
        service::call(std::stoi(request.get_param_value("port")), request.get_param_value("path")),
        "text/plain");
  });
  server.Post("/test", [](const Request& request, Response&) { service::answer_harness(request.body); });
}

void add_failing_routes(httplib::Server& server) {
  server.Get("/throw", [](const Request&, Response&) {
    ctxlog::info("about to throw");
    throw std::runtime_error("boom");
  });
  server.Get("/throw-int", [](const Request&, Response&) {
    ctxlog::info("about to throw");
    throw 42;
  });
}

void add_threaded_routes(httplib::Server& server, service::background_work& work) {
  server.Get("/slow", [](const Request& request, Response& answer) {
    std::this_thread::sleep_for(std::chrono::milliseconds(std::stoi(request.get_param_value("ms"))));
    answer.set_content("slow\n", "text/plain");
  });
  server.Get("/thread", [](const Request&, Response& answer) {
    std::thread([work = ctxlog::bind_context([] { ctxlog::info("on another thread"); })] {
      work();
      ctxlog::info("idle");
    }).join();
    answer.set_content("thread\n", "text/plain");
  });
  server.Get("/callback", [](const Request&, Response&) {
    std::thread([bound = ctxlog::bind_context([] { ctxlog::info("bound callback"); })] {
      bound();
      ctxlog::info("plain callback");
    }).join();
  });
  server.Get("/background", [&work](const Request&, Response&) { work.start(); });
  server.Get("/release", [&work](const Request&, Response&) { work.release(); });
  server.Get("/stream", [](const Request&, Response& answer) {
    answer.set_chunked_content_provider("text/plain", [](std::size_t offset, httplib::DataSink& sink) {
      if (offset == 3000) return sink.done(), true;
      return sink.write(std::string(1000, 's').data(), 1000);
    });
  });
  server.Get("/api/test-async-context", [](const Request&, Response& answer) {
    std::array<std::future<bool>, 3> calls;
    for (auto& call : calls)
      call = ctxlog::async([id = service::current_id()] { return service::works_for(id); });
    answer.set_content(service::verdict("call_id", {calls[0].get(), calls[1].get(), calls[2].get()}),
                       "application/json");
  });
  server.Get("/api/test-thread-context", [](const Request&, Response& answer) {
    answer.set_content(service::test_threads(), "application/json");
  });
}

httplib::Server::HandlerResponse refuse(const Request& request, Response& answer) {
  if (request.path != "/denied") return httplib::Server::HandlerResponse::Unhandled;
  answer.status = 403;
  return httplib::Server::HandlerResponse::Handled;
}

}  // namespace

int main(int count, char** given) {
  const auto [options, files] = service::arguments_of(count, given);
  const service::probe probe;
  httplib::Server server;
  ctxlog::httplib::install(server, options, {.pre_routing = refuse});
  add_plain_routes(server, probe);
  add_failing_routes(server);
  service::background_work work;
  add_threaded_routes(server, work);
  server.set_mount_point("/static", files);
  server.new_task_queue = [] { return new httplib::ThreadPool(128); };  // a kept connection keeps its thread
  server.set_keep_alive_max_count(1'000'000);
  server.set_tcp_nodelay(true);
  int listening = -1;
  server.set_socket_options([&](int socket) { listening = socket; });
  const int port = server.bind_to_any_port("127.0.0.1");
  ::listen(listening, SOMAXCONN);
  std::thread serving([&] { server.listen_after_bind(); });
  while (!server.is_running()) std::this_thread::yield();
  service::say_listening(port);
  service::wait_for_end();
  server.stop();
  serving.join();
  return 0;
}
