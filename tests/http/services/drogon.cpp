// The test service on Drogon: three loops; what waits is a timer, a thread or a coroutine.
// SPDX-License-Identifier: MIT
#include <netinet/in.h>
#include <sys/socket.h>
#include <trantor/net/EventLoopThread.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <ctxlog/http/drogon_plugin.hpp>
#include <filesystem>
#include <sstream>

#include "drogon_routes.hpp"
#include "service.hpp"

namespace {

using drogon::app;
using drogon::HttpRequest;
using drogon::HttpRequestPtr;
using drogon::HttpResponse;
using drogon::HttpResponsePtr;
using drogon::Task;
using service::answer;
using service::ask;
using service::text;
using service::this_loop;
using trantor::EventLoop;

void add_plain_routes(const service::probe& probe) {
  app().registerHandler("/hello",
                        [](const HttpRequestPtr&, answer&& reply) {
                          ctxlog::info("hello");
                          reply(text("hello\n"));
                        },
                        {drogon::Get});
  app().registerHandler("/users/{id}",
                        [](const HttpRequestPtr&, answer&& reply, const std::string& id) {
                          ctxlog::info("user");
                          reply(text(id));
                        },
                        {drogon::Get});
  app().registerHandler("/echo",
                        [](const HttpRequestPtr& request, answer&& reply) {
                          reply(text(std::string(request->body()), drogon::CT_APPLICATION_OCTET_STREAM));
                        },
                        {drogon::Post});
  app().registerHandler(
      "/redirect",
      [](const HttpRequestPtr&, answer&& reply) { reply(HttpResponse::newRedirectionResponse("/hello")); },
      {drogon::Get});
  app().registerHandler(
      "/fields",
      [](const HttpRequestPtr& request, answer&& reply) {
        ctxlog::http::add_to_access_record(ctxlog::kv("user", request->getParameter("user")));
        reply(text(""));
      },
      {drogon::Get});
  app().registerHandler("/error-line",
                        [](const HttpRequestPtr& request, answer&& reply) {
                          service::log_error_line(request->getParameter("user"));
                          reply(text(""));
                        },
                        {drogon::Get});
  app().registerHandler("/framework-line",
                        [](const HttpRequestPtr&, answer&& reply) {
                          LOG_INFO << "framework line";
                          reply(text(""));
                        },
                        {drogon::Get});
  app().registerHandler("/stats",
                        [&probe](const HttpRequestPtr&, answer&& reply) {
                          reply(text(probe.stats(), drogon::CT_APPLICATION_JSON));
                        },
                        {drogon::Get});
  app().registerHandler(
      "/stream",
      [](const HttpRequestPtr&, answer&& reply) {
        reply(HttpResponse::newStreamResponse([chunk = 0](char* into, std::size_t) mutable -> std::size_t {
          if (!into || chunk++ == 3) return 0;
          std::fill_n(into, 1000, 's');
          return 1000;
        }));
      },
      {drogon::Get});
}

void add_failing_routes() {
  app().registerHandler("/throw",
                        [](const HttpRequestPtr&, answer&&) {
                          ctxlog::info("about to throw");
                          throw std::runtime_error("boom");
                        },
                        {drogon::Get});
  app().registerHandler("/throw-int",
                        [](const HttpRequestPtr&, answer&&) {
                          ctxlog::info("about to throw");
                          throw 42;
                        },
                        {drogon::Get});
  app().registerHandler("/never", [](const HttpRequestPtr&, answer&&) {}, {drogon::Get});
}

void add_asynchronous_routes(EventLoop& other, service::background_work& work) {
  app().registerHandler("/slow",
                        [](const HttpRequestPtr& request, answer&& reply) {
                          this_loop()->runAfter(std::stoi(request->getParameter("ms")) / 1000.0,
                                                [reply = std::move(reply)] { reply(text("slow\n")); });
                        },
                        {drogon::Get});
  app().registerHandler("/thread",
                        [&other](const HttpRequestPtr&, answer&& reply) {
                          other.queueInLoop([respond = ctxlog::bind_context_once([reply = std::move(reply)] {
                                               ctxlog::info("on another thread");
                                               reply(text("thread\n"));
                                             })]() mutable {
                            respond();
                            ctxlog::info("idle");
                          });
                        },
                        {drogon::Get});
  app().registerHandler("/callback",
                        [](const HttpRequestPtr&, answer&& reply) {
                          this_loop()->runAfter(0.001,
                                                ctxlog::bind_context([] { ctxlog::info("bound callback"); }));
                          this_loop()->runAfter(0.002, [reply = std::move(reply)] {
                            ctxlog::info("plain callback");
                            reply(text(""));
                          });
                        },
                        {drogon::Get});
  app().registerHandler("/background",
                        [&work](const HttpRequestPtr&, answer&& reply) {
                          work.start();
                          reply(text(""));
                        },
                        {drogon::Get});
  app().registerHandler("/release",
                        [&work](const HttpRequestPtr&, answer&& reply) {
                          work.release();
                          reply(text(""));
                        },
                        {drogon::Get});
}

// As service::answer_harness().
Task<> answer_harness(std::string body) {
  const auto calls = nlohmann::json::parse(body, nullptr, false);
  if (!calls.is_array()) co_return;
  for (const auto& call : calls) {
    const std::string url = call.at("url");
    const std::size_t path = url.find('/', url.find("//") + 2);
    auto request = HttpRequest::newHttpRequest();
    request->setMethod(drogon::Post);
    request->setPath(url.substr(path));
    request->setContentTypeCode(drogon::CT_APPLICATION_JSON);
    request->setBody(call.at("arguments").dump());
    co_await ask(url.substr(0, path), std::move(request), this_loop());
  }
}

Task<bool> works_for_after_a_while(std::string id) {
  co_await drogon::sleepCoro(this_loop(), 0.005);
  co_return service::works_for(id);
}

void add_calling_routes() {
  app().registerHandler("/call",
                        [](HttpRequestPtr request) -> Task<HttpResponsePtr> {
                          auto call = HttpRequest::newHttpRequest();
                          call->setPath(request->getParameter("path"));
                          co_return text(co_await ask("http://127.0.0.1:" + request->getParameter("port"),
                                                      std::move(call), this_loop()));
                        },
                        {drogon::Get});
  app().registerHandler("/test",
                        [](HttpRequestPtr request) -> Task<HttpResponsePtr> {
                          co_await answer_harness(std::string(request->body()));
                          co_return text("{}", drogon::CT_APPLICATION_JSON);
                        },
                        {drogon::Post});
  app().registerHandler("/api/test-async-context",
                        [](HttpRequestPtr) -> Task<HttpResponsePtr> {
                          const std::string id = service::current_id();
                          auto first = works_for_after_a_while(id), second = works_for_after_a_while(id);
                          auto third = works_for_after_a_while(id);
                          const bool in_first = co_await first, in_second = co_await second,
                                     in_third = co_await third;
                          co_return text(service::verdict("call_id", {in_first, in_second, in_third}),
                                         drogon::CT_APPLICATION_JSON);
                        },
                        {drogon::Get});
  app().registerHandler("/api/test-thread-context",
                        [](const HttpRequestPtr&, answer&& reply) {
                          reply(text(service::test_threads(), drogon::CT_APPLICATION_JSON));
                        },
                        {drogon::Get});
}

void refuse_denied() {
  app().registerPreRoutingAdvice(
      [](const HttpRequestPtr& request, drogon::AdviceCallback&& reply, drogon::AdviceChainCallback&& next) {
        if (request->path() != "/denied") return next();
        reply(HttpResponse::newHttpResponse(drogon::k403Forbidden, drogon::CT_TEXT_PLAIN));
      });
}

// Every loop has a listener of its own, so the port must be known before: it is kept by a socket that does not listen.
class reserved_port {
 public:
  reserved_port() : keeper_(make_socket()) {
    const int on = 1;
    ::setsockopt(keeper_, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address_;
    if (::bind(keeper_, address(), size) != 0 || ::getsockname(keeper_, address(), &size) != 0)
      throw std::runtime_error("no free port");
  }
  reserved_port(const reserved_port&) = delete;
  reserved_port& operator=(const reserved_port&) = delete;
  ~reserved_port() { ::close(keeper_); }

  std::uint16_t number() const { return ntohs(address_.sin_port); }

  void wait_until_it_accepts() {
    for (bool accepted = false; !accepted;) {
      const int client = make_socket();
      accepted = ::connect(client, address(), sizeof address_) == 0;
      ::close(client);
      std::this_thread::yield();
    }
  }

 private:
  static int make_socket() { return ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); }
  sockaddr* address() { return reinterpret_cast<sockaddr*>(&address_); }

  int keeper_;
  sockaddr_in address_{};
};

void look_from_all_loops(service::probe& probe) {
  const auto look = [&probe] { probe.look(); };
  app().getLoop()->runEvery(0.001, look);
  for (std::size_t i = 0; i != app().getThreadNum(); ++i) app().getIOLoop(i)->runEvery(0.001, look);
}

// By code, or as Drogon's configuration in the environment says.
void install_adapter(ctxlog::http::options options) {
  if (const char* const given = std::getenv("TEST_DROGON_CONFIG")) {
    Json::Value config;
    std::istringstream(given) >> config;
    app().loadConfigJson(config);
    return;
  }
  ctxlog::drogon::install_log();
  ctxlog::drogon::install(std::move(options));
}

}  // namespace

int main(int count, char** given) {
  const auto [options, files] = service::arguments_of(count, given);
  reserved_port port;
  service::probe probe;
  service::background_work work;
  trantor::EventLoopThread other;
  other.run();

  install_adapter(options);
  refuse_denied();
  add_plain_routes(probe);
  add_failing_routes();
  add_asynchronous_routes(*other.getLoop(), work);
  add_calling_routes();
  service::add_drogon_routes();
  app().registerBeginningAdvice([&] { look_from_all_loops(probe); });
  app().enableReusePort();
  app()
      .setThreadNum(3)
      .addListener("127.0.0.1", port.number())
      .setLogLevel(trantor::Logger::kInfo)
      .setDocumentRoot(files)
      .addALocation("/static", "", std::filesystem::absolute(files))
      .setUploadPath(std::filesystem::temp_directory_path() / "ctxlog_drogon_uploads")
      .disableSigtermHandling();

  std::thread until_the_end([&] {
    port.wait_until_it_accepts();
    service::say_listening(port.number());
    service::wait_for_end();
    app().quit();
  });
  app().run();
  until_the_end.join();
  return 0;
}
