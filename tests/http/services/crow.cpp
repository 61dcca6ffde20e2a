// The test service on Crow: three threads for all connections; what waits answers by ctxlog::crow::defer().
// SPDX-License-Identifier: MIT
//
// Besides the common routes:
//
//   GET  /wrapped/{id}     logs "wrapped" before its answer and "behind the answer" after it
//   GET  /scoped           has a variable bound when it answers, and logs "scoped" after that
//   GET  /lost             a timer's callback logs "not answered" and lets the right to answer go
//   GET  /twice            answers twice by it, and throws
//   GET  /plain-end        another thread calls response.end(), as Crow alone cannot stand
//   GET  /ws[?refuse=1]    WebSocket: logs "opened", and each message in the handshake's context
#include <ctxlog/http/crow.hpp>
#include <map>
#include <mutex>

#include "service.hpp"

namespace {

using crow::request;
using crow::response;
using ctxlog::crow::defer;
using io_context = std::remove_pointer_t<decltype(request::io_context)>;

// Looks at every io_context that has served a request, once a millisecond.
class prober {
 public:
  explicit prober(service::probe& probe) : probe_(probe) {}
  ~prober() { stop(); }

  void add(io_context& io) {
    const std::lock_guard lock(mutex_);
    if (std::find(watched_.begin(), watched_.end(), &io) == watched_.end()) watched_.push_back(&io);
  }
  void stop() {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
  }

 private:
  void look() {
    const std::lock_guard lock(mutex_);
    for (io_context* const io : watched_) asio::post(*io, [this] { probe_.look(); });
  }

  service::probe& probe_;
  std::mutex mutex_;
  std::vector<io_context*> watched_;
  std::jthread thread_{[this](const std::stop_token& ended) {
    while (!ended.stop_requested()) {
      look();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }};
};

// The application's own middleware, behind ctxlog's.
struct own_middleware {
  struct context {};
  prober* watching = nullptr;

  void before_handle(request& received, response& answer, context&) const {
    watching->add(*received.io_context);
    if (received.url != "/denied") return;
    answer.code = 403;
    answer.end();
  }
  void after_handle(request& received, response&, context&) const {
    if (received.url == "/wrapped/7") ctxlog::info("after handle");
  }
};

using application = crow::App<ctxlog::crow::middleware, own_middleware>;

// Threads that answer; they end before the application does.
class answering_threads {
 public:
  template <class F>
  void start(F work) {
    const std::lock_guard lock(mutex_);
    threads_.emplace_back(std::move(work));
  }
  void join() { threads_.clear(); }

 private:
  std::mutex mutex_;
  std::vector<std::jthread> threads_;
};

std::string parameter(const request& received, const char* name) {
  const char* const value = received.url_params.get(name);
  return value ? value : "";
}

void wait(const request& received, std::chrono::milliseconds time, std::function<void()> then) {
  auto timer = std::make_shared<asio::steady_timer>(*received.io_context, time);
  timer->async_wait([timer, then = std::move(then)](const auto& error) {
    if (!error) then();
  });
}

void add_plain_routes(application& app, const service::probe& probe, const std::string& files) {
  CROW_ROUTE(app, "/hello")
  ([] {
    ctxlog::info("hello");
    return "hello\n";
  });
  CROW_ROUTE(app, "/users/<int>")
  ([](int id) {
    ctxlog::info("user");
    return std::to_string(id);
  });
  CROW_ROUTE(app, "/echo").methods("POST"_method)([](const request& received) { return received.body; });
  CROW_ROUTE(app, "/denied")([] { return "never seen"; });
  CROW_ROUTE(app, "/redirect")
  ([](response& answer) {
    answer.moved("/hello");
    answer.end();
  });
  CROW_ROUTE(app, "/static/<string>")
  ([&files](response& answer, const std::string& name) {
    answer.set_static_file_info_unsafe(files + "/" + name);
    answer.end();
  });
  CROW_ROUTE(app, "/fields")
  ([](const request& received) {
    ctxlog::http::add_to_access_record(ctxlog::kv("user", parameter(received, "user")));
    return "";
  });
  CROW_ROUTE(app, "/error-line")
  ([](const request& received) {
    service::log_error_line(parameter(received, "user"));
    return "";
  });
  CROW_ROUTE(app, "/stats")([&probe] { return response("json", probe.stats()); });
  CROW_ROUTE(app, "/call")
  ([](const request& received) {
    return service::call(std::stoi(parameter(received, "port")), parameter(received, "path"));
  });
  CROW_ROUTE(app, "/test").methods("POST"_method)([](const request& received) {
    service::answer_harness(received.body);
    return response("json", "{}");
  });
  // Crow makes no chunks, but sends those that it is given.
  CROW_ROUTE(app, "/stream")
  ([](response& answer) {
    answer.add_header("Transfer-Encoding", "chunked");
    answer.manual_length_header = true;
    for (int i = 0; i != 3; ++i) answer.write("3e8\r\n" + std::string(1000, 's') + "\r\n");
    answer.write("0\r\n\r\n");
    answer.end();
  });
  CROW_ROUTE(app, "/framework-line")
  ([] {
    crow::logger::setLogLevel(crow::LogLevel::Info);
    CROW_LOG_INFO << "framework line";
    crow::logger::setLogLevel(crow::LogLevel::Warning);
    return "";
  });
}

void add_failing_routes(application& app) {
  CROW_ROUTE(app, "/throw")
  ([]() -> std::string {
    ctxlog::info("about to throw");
    throw std::runtime_error("boom");
  });
  CROW_ROUTE(app, "/throw-int")
  ([]() -> std::string {
    ctxlog::info("about to throw");
    throw 42;
  });
  // Crow keeps them for ever; this lets the leak checkers see them.
  CROW_ROUTE(app, "/never")
  ([](response& answer) {
    static std::vector<response*>& kept = *new std::vector<response*>();
    kept.push_back(&answer);
  });
}

void add_deferred_routes(application& app, answering_threads& threads) {
  CTXLOG_CROW_ROUTE(app, "/slow")
  ([](const request& received, response& answer) {
    wait(received, std::chrono::milliseconds(std::stoi(parameter(received, "ms"))),
         [done = defer(received, answer)] {
           done({200, "slow\n"});
         });
  });
  CTXLOG_CROW_ROUTE(app, "/thread")
  ([&threads](const request& received, response& answer) {
    threads.start([answering = ctxlog::bind_context([done = defer(received, answer)] {
                     ctxlog::info("on another thread");
                     done({200, "thread\n"});
                   })] {
      answering();
      ctxlog::info("idle");
    });
  });
  CTXLOG_CROW_ROUTE(app, "/callback")
  ([](const request& received, response& answer) {
    wait(received, std::chrono::milliseconds(1),
         ctxlog::bind_context([] { ctxlog::info("bound callback"); }));
    wait(received, std::chrono::milliseconds(2), [done = defer(received, answer)] {
      ctxlog::info("plain callback");
      done(response(200));
    });
  });
  CROW_ROUTE(app, "/lost")
  ([](const request& received, response& answer) {
    wait(received, std::chrono::milliseconds(2),
         [unused = defer(received, answer)] { ctxlog::info("not answered"); });
  });
  CROW_ROUTE(app, "/twice")
  ([](const request& received, response& answer) {
    const auto done = defer(received, answer);
    done({202, "first"});
    done({203, "second"});
    throw std::runtime_error("behind the answer");
  });
  CROW_ROUTE(app, "/plain-end")
  ([&threads](const request&, response& answer) {
    threads.start([&answer] {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      answer.end();
    });
  });
}

void add_threaded_routes(application& app, service::background_work& work) {
  CROW_ROUTE(app, "/background")
  ([&work] {
    work.start();
    return "";
  });
  CROW_ROUTE(app, "/release")
  ([&work] {
    work.release();
    return "";
  });
  CROW_ROUTE(app, "/api/test-async-context")
  ([] {
    std::array<std::future<bool>, 3> calls;
    for (auto& call : calls)
      call = ctxlog::async([id = service::current_id()] { return service::works_for(id); });
    return response("json", service::verdict("call_id", {calls[0].get(), calls[1].get(), calls[2].get()}));
  });
  CROW_ROUTE(app, "/api/test-thread-context")([] { return response("json", service::test_threads()); });
}

void add_own_routes(application& app) {
  CTXLOG_CROW_ROUTE(app, "/wrapped/<int>")
      .methods("GET"_method)([](const request&, response& answer, int id) {
        ctxlog::info("wrapped");
        answer.end(std::to_string(id));
        ctxlog::info("behind the answer");
      });
  CROW_ROUTE(app, "/scoped")
  ([](response& answer) {
    const auto bound = service::user.bind("ann");
    answer.end();
    ctxlog::info("scoped");
  });
  CROW_WEBSOCKET_ROUTE(app, "/ws")
      .onaccept([](const request& received, void**) {
        if (parameter(received, "refuse").empty()) return true;
        ctxlog::http::exchange::current()->finish({.outcome = ctxlog::http::outcome::rejected});
        return false;
      })
      .onopen([](crow::websocket::connection& opened) {
        ctxlog::info("opened");
        opened.userdata(new ctxlog::context(ctxlog::context::current()));
      })
      .onmessage([](crow::websocket::connection& from, const std::string& text, bool) {
        ctxlog::info("plain message");
        static_cast<ctxlog::context*>(from.userdata())->run([&] { ctxlog::info("message in context"); });
        from.send_text(text);
      })
      .onclose([](crow::websocket::connection& closed, const std::string&, std::uint16_t) {
        // Crow calls it twice when the answer to a client that is gone fails.
        delete static_cast<ctxlog::context*>(closed.userdata());
        closed.userdata(nullptr);
        ctxlog::info("closed");
      });
}

}  // namespace

int main(int count, char** given) {
  const auto [options, files] = service::arguments_of(count, given);
  ctxlog::set_mismatch_handler([](const auto&) noexcept { std::abort(); });
  static ctxlog::crow::log_handler lines;
  crow::logger::setHandler(&lines);
  service::probe probe;
  service::background_work work;
  answering_threads threads;
  application app;
  prober watching(probe);
  app.get_middleware<ctxlog::crow::middleware>().options(options);
  app.get_middleware<own_middleware>().watching = &watching;
  add_plain_routes(app, probe, files);
  add_failing_routes(app);
  add_deferred_routes(app, threads);
  add_threaded_routes(app, work);
  add_own_routes(app);
  app.signal_clear();
  constexpr std::uint8_t patience = 60;  // seconds that a connection may be silent
  app.loglevel(crow::LogLevel::Warning).bindaddr("127.0.0.1").port(0).concurrency(4).timeout(patience);
  auto running = app.run_async();
  app.wait_for_server_start();
  service::say_listening(app.port());
  service::wait_for_end();
  threads.join();
  watching.stop();
  app.stop();
  running.wait();
  return 0;
}
