// Logs in one of several ways and ends, or waits to be killed: recovery_writer ACTION LOG QUEUE_DIRECTORY [more].
// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "ctxlog/ctxlog.hpp"
#include "ctxlog/sinks/callback.hpp"
#include "ctxlog/sinks/fd.hpp"
#include "ctxlog/sinks/file.hpp"

namespace {

using namespace std::chrono_literals;
using namespace ctxlog::literals;
using arguments = std::vector<std::string>;

std::atomic<bool> blocked{false};

// Stops for good where it is, as a sink does whose reader stopped.
[[noreturn]] void block() {
  blocked.store(true);
  blocked.notify_all();
  while (true) ::pause();
}

struct blocking_flush final : ctxlog::sink {
  std::error_code write(const ctxlog::record&, std::string_view) override { return {}; }
  std::error_code flush() override { block(); }
  std::string_view name() const noexcept override { return "blocking"; }
};

// Says that it keeps something back.
struct failing_flush final : ctxlog::sink {
  std::error_code write(const ctxlog::record&, std::string_view) override { return {}; }
  std::error_code flush() override { return std::make_error_code(std::errc::io_error); }
  std::string_view name() const noexcept override { return "failing"; }
};

std::shared_ptr<ctxlog::sink> blocking_after(int records) {
  return std::make_shared<ctxlog::callback_sink>([records](const ctxlog::record&, std::string_view) mutable {
    if (records-- == 0) block();
  });
}

ctxlog::async_pipeline small_queues(const std::string& directory) {
  return {.queue_bytes = 16 * 1024, .memory_bytes = 256 * 1024, .directory = directory};
}

void use(ctxlog::pipeline chosen, std::vector<ctxlog::configured_sink> sinks) {
  ctxlog::configure({.mode = ctxlog::mode::prod, .pipeline = chosen, .sinks = std::move(sinks)});
}

// The engine alone decides when its lines reach the file; on a slow machine the flush timer would come first.
ctxlog::configured_sink file(const std::string& path) {
  return {std::make_shared<ctxlog::file_sink>(path, ctxlog::fd_options{.flush_after = 24h}), {}};
}

void log_sequence(long thread, long first, long last) {
  for (long i = first; i < last; ++i)
    ctxlog::info("sequence", "t"_kv = thread, "i"_kv = i, "pad"_kv = std::string_view("xxxxxxxxxxxxxxxx"));
}

// Until it is killed; tells through shared memory what was accepted.
void write_until_killed(const arguments& a) {
  ctxlog::file_options options;
  if (a.size() > 5) options.rotation = {.max_bytes = 256 * 1024};
  use(ctxlog::async_pipeline{.queue_bytes = 64 * 1024, .directory = a[3]},
      {{std::make_shared<ctxlog::file_sink>(a[2], ctxlog::fd_options{}, options), {}}});
  const int descriptor = ::open(a[4].c_str(), O_RDWR | O_CLOEXEC);
  using counters = std::array<std::atomic<long>, 4>;
  auto& accepted = *static_cast<counters*>(
      ::mmap(nullptr, sizeof(counters), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0));
  std::vector<std::thread> threads;
  for (long t = 0; t < 4; ++t)
    threads.emplace_back([&accepted, t] {
      for (long i = 0;; ++i) {
        log_sequence(t, i, i + 1);
        accepted[static_cast<std::size_t>(t)].store(i + 1);
        if (i % 64 == 0) ::usleep(200);
      }
    });
  ::pause();
}

[[noreturn]] void end_by(const std::string& how) {
  if (how == "segv") *static_cast<volatile int*>(nullptr) = 1;
  if (how == "abort") std::abort();
  if (how == "exception") throw std::runtime_error("nobody catches it");
  if (how == "terminate") std::terminate();
  if (how == "_exit") ::_exit(3);
  if (how == "quick_exit") std::quick_exit(4);
  if (how == "term") ::raise(SIGTERM);
  ::raise(SIGKILL);
  std::abort();
}

// More records: of the first of them some are written, and what they all refer to was said long before.
void end_with_pending(const arguments& a) {
  const int written = a.size() > 5 ? std::atoi(a[5].c_str()) : 0;
  use(small_queues(a[3]), {file(a[2]), {blocking_after(written), {}}});
  const auto ambient = ctxlog::with_fields("request"_kv = "r-1");
  log_sequence(0, 0, written + 50);
  blocked.wait(false);
  end_by(a[4]);
}

// Lines stand in no file before the sinks are flushed.
void end_before_flush(const arguments& a) {
  use(small_queues(a[3]), {{std::make_shared<blocking_flush>(), {}}, file(a[2])});
  log_sequence(0, 0, 50);
  blocked.wait(false);
  ::raise(SIGKILL);
}

// Before or after the first attempt to deliver.
void end_at_once(const arguments& a) {
  use(small_queues(a[3]), {{std::make_shared<blocking_flush>(), {}}});
  log_sequence(0, 0, 1);
  ::raise(SIGKILL);
}

void end_with_two_pipelines(const arguments& a) {
  use(small_queues(a[3]), {file(a[2]), {blocking_after(0), {}}});
  log_sequence(0, 0, 50);
  blocked.wait(false);
  ctxlog::async_pipeline second = small_queues(a[3]);
  second.queue_bytes *= 2;
  ctxlog::configure({.pipeline = second});
  std::thread([] { log_sequence(1, 0, 50); }).join();
  ::raise(SIGKILL);
}

// On a full pipe, which the test does not read before it has killed this process.
void block_in_pipe(const arguments& a) {
  use(small_queues(a[3]), {{std::make_shared<ctxlog::fd_sink>(STDOUT_FILENO, "pipe"), {}}});
  const int descriptor = ::open(a[4].c_str(), O_RDWR | O_CLOEXEC);
  auto& accepted = *static_cast<std::atomic<long>*>(
      ::mmap(nullptr, sizeof(long), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0));
  for (long i = 0;; ++i) {
    log_sequence(0, i, i + 1);
    accepted.store(i + 1);
  }
}

constinit ctxlog::context_var<std::string> request_id{"request_id"};

struct price {
  long cents;
};

}  // namespace

template <>
struct fmt::formatter<price> : fmt::formatter<std::string_view> {
  auto format(const price& p, fmt::format_context& context) const {
    return fmt::format_to(context.out(), "{}.{:02}", p.cents / 100, p.cents % 100);
  }
};

namespace {

void log_one_of_each() {
  const std::string text = "made \x01 at run time";
  const ctxlog::logger shop("shop"), bound = shop.bind("order"_kv = 7, "tags"_kv = std::vector{"a", "b"});
  const auto late =
      shop.patch(ctxlog::patcher([](ctxlog::record& rec) { rec.set("late", rec.message().size()); }));
  ctxlog::info("constant");
  ctxlog::warn("{} of {:.2f}, {:>5}", -1, 2.345678, "x");
  const auto ambient = ctxlog::with_fields("user"_kv = "ada", "step"_kv = 1);
  for (const auto* id : {"r-1", "r-2"}) {
    const auto scope = request_id.bind(id);
    shop.error("order {order} failed", "order"_kv = 18'446'744'073'709'551'615u, "gift"_kv = true);
    bound.info("bound");
    late.info("patched {}", 3);
    shop.info(text);
    shop.info(ctxlog::runtime("dynamic {} {key}"), 1.5f, ctxlog::kv(std::string("key"), nullptr));
  }
  const auto inner = bound.bind("deep"_kv = nlohmann::json{{"a", {1, 2.5, nullptr}}, {"b", "\xff"}});
  inner.critical("costs {}", price{1999}, "price"_kv = price{5});
  try {
    throw std::runtime_error("disk gone");
  } catch (const std::exception& error) {
    inner.error("failed", "error"_kv = error, "card"_kv = ctxlog::secret("4711"));
  }
  ctxlog::info("long {}", std::string(20'000, 'l'));
  ctxlog::info("last", "took"_kv = std::chrono::milliseconds(3), "c"_kv = 'c');
}

void add_count(ctxlog::record& rec) { rec.set("count", 1); }

// The same records, written on the spot or left to whoever recovers them.
void one_of_each(const arguments& a) {
  std::vector<ctxlog::patcher> patchers{ctxlog::context_variables(request_id)};
  if (a[5] == "record_patchers") patchers.emplace_back(add_count);
  ctxlog::configure({.patchers = std::move(patchers), .fields = ctxlog::fields("region"_kv = "eu")});
  if (a[4] == "sync") {
    use(ctxlog::sync_pipeline(), {file(a[2])});
    return log_one_of_each();
  }
  // Its own thread, since what does not fit into a queue waits for the sinks.
  ctxlog::async_pipeline large{.queue_bytes = 1024 * 1024, .directory = a[3]};
  use(large, {file(a[2]), {blocking_after(0), {}}});
  log_one_of_each();
  blocked.wait(false);
  ::raise(SIGKILL);
}

void recover(const arguments& a) {
  use(ctxlog::async_pipeline{.directory = a[3]}, {file(a[2])});
  ctxlog::flush();
}

void recover_without_flush(const arguments& a) {
  use(small_queues(a[3]), {file(a[2]), {std::make_shared<failing_flush>(), {}}});
  ctxlog::flush();
}

void recover_without_sinks(const arguments& a) {
  use(ctxlog::async_pipeline{.directory = a[3]}, {});
  ctxlog::flush();
}

void recover_on_pipe(const arguments& a) {
  use(ctxlog::async_pipeline{.directory = a[3]},
      {{std::make_shared<ctxlog::fd_sink>(STDOUT_FILENO, "pipe"), {}}});
  ctxlog::flush();
}

// Logs, says so, and waits for the end of its standard input.
void live(const arguments& a) {
  use(small_queues(a[3]), {file(a[2]), {blocking_after(0), {}}});
  log_sequence(0, 0, 50);
  blocked.wait(false);
  char byte = 'b';
  if (::write(STDOUT_FILENO, &byte, 1) != 1) return;
  while (::read(STDIN_FILENO, &byte, 1) > 0) {}
  ::raise(SIGKILL);
}

// With the queue directory on a file system of so many KiB, which is of this process alone.
void log_on_small_disk(const arguments& a) {
  const std::string size = "size=" + a[4] + "k";
  if (::unshare(CLONE_NEWNS) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) ::_exit(77);
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("tmpfs", a[3].c_str(), "tmpfs", 0, size.c_str()) != 0)
    ::_exit(77);
  use(small_queues(a[3]), {file(a[2])});
  std::vector<std::thread> threads;
  for (long t = 0; t < 4; ++t) threads.emplace_back([t] { log_sequence(t, 0, 2000); });
  for (auto& each : threads) each.join();
}

using action = void (*)(const arguments&);
struct named_action {
  std::string_view name;
  action run;
};
constexpr named_action actions[] = {
    {"write", write_until_killed},
    {"end", end_with_pending},
    {"end_before_flush", end_before_flush},
    {"end_at_once", end_at_once},
    {"two_pipelines", end_with_two_pipelines},
    {"pipe", block_in_pipe},
    {"one_of_each", one_of_each},
    {"recover", recover},
    {"recover_without_flush", recover_without_flush},
    {"recover_without_sinks", recover_without_sinks},
    {"recover_on_pipe", recover_on_pipe},
    {"live", live},
    {"small_disk", log_on_small_disk},
};

}  // namespace

int main(int count, char** values) {
  const arguments given(values, values + count);
  for (const auto& each : actions)
    if (given.at(1) == each.name) {
      each.run(given);
      return 0;
    }
  return 2;
}
