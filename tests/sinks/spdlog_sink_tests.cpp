// The spdlog adaptor with spdlog's own sinks: what arrives there, rotation, errors.
// SPDX-License-Identifier: MIT
#include "ctxlog/sinks/spdlog.hpp"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/daily_file_sink.h>
#include <spdlog/sinks/rotating_file_sink.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <optional>
#include <stdexcept>

#include "ctxlog/logger.hpp"
#include "ctxlog/pipeline.hpp"
#include "ctxlog/sinks/callback.hpp"
#include "sinks.hpp"

using namespace sinks_test;
namespace fs = std::filesystem;

namespace {

// The message alone is the line.
struct message_encoder final : ctxlog::encoder {
  void encode(const ctxlog::record& rec, fmt::memory_buffer& out) const override {
    out.append(rec.message());
    out.push_back('\n');
  }
};

// Gives every record to one spdlog sink.
struct delivery {
  explicit delivery(std::shared_ptr<spdlog::sinks::sink> target) {
    ctxlog::remove_sinks();
    ctxlog::set_level(ctxlog::level::trace);
    ctxlog::add_sink(std::make_shared<ctxlog::spdlog_sink>(std::move(target)),
                     {.encoder = std::make_shared<message_encoder>()});
  }
  ~delivery() { ctxlog::remove_sinks(); }
  delivery(const delivery&) = delete;
  delivery& operator=(const delivery&) = delete;

  static void lines(int count) {
    for (int number = 0; number < count; ++number) {
      std::string line = numbered_line(0, number, 100);
      line.pop_back();
      ctxlog::info("{}", line);
    }
    CHECK(ctxlog::flush());
  }
};

// Takes messages as syslog_sink does, the payload without any format, and formats them as a file sink does.
struct keeping_sink final : spdlog::sinks::base_sink<std::mutex> {
  struct message {
    std::string payload, formatted, logger, file;
    int line;
    spdlog::level::level_enum level;
    spdlog::log_clock::time_point time;
  };
  std::vector<message> messages;
  int flushed = 0;

 private:
  void sink_it_(const spdlog::details::log_msg& msg) override {
    spdlog::memory_buf_t formatted;
    formatter_->format(msg, formatted);
    messages.push_back({std::string(msg.payload.data(), msg.payload.size()),
                        std::string(formatted.data(), formatted.size()),
                        std::string(msg.logger_name.data(), msg.logger_name.size()), msg.source.filename,
                        msg.source.line, msg.level, msg.time});
  }
  void flush_() override { ++flushed; }
};

struct throwing_sink final : spdlog::sinks::base_sink<std::mutex> {
 private:
  void sink_it_(const spdlog::details::log_msg&) override { throw spdlog::spdlog_ex("no syslog today"); }
  void flush_() override {}
};

}  // namespace

TEST_CASE("a level between two named ones goes to spdlog as the lower") {
  using ctxlog::level;
  using ctxlog::to_spdlog;
  CHECK(to_spdlog(level{1}) == spdlog::level::trace);
  CHECK(to_spdlog(level::trace) == spdlog::level::trace);
  CHECK(to_spdlog(level::debug) == spdlog::level::debug);
  CHECK(to_spdlog(level::info) == spdlog::level::info);
  CHECK(to_spdlog(level{25}) == spdlog::level::info);
  CHECK(to_spdlog(level::warn) == spdlog::level::warn);
  CHECK(to_spdlog(level::error) == spdlog::level::err);
  CHECK(to_spdlog(level{49}) == spdlog::level::err);
  CHECK(to_spdlog(level::critical) == spdlog::level::critical);
  CHECK(to_spdlog(level{60}) == spdlog::level::critical);
}

TEST_CASE("a spdlog sink gets line, level, time, logger and source of the record") {
  const auto target = std::make_shared<keeping_sink>();
  target->set_pattern("[%l] %v of the application");
  const delivery delivering(target);
  std::optional<std::chrono::sys_time<std::chrono::nanoseconds>> time;
  ctxlog::add_sink(std::make_shared<ctxlog::callback_sink>(
      [&](const ctxlog::record& rec, std::string_view) { time = rec.time(); }));

  ctxlog::logger("net.tls").warn("100 % {{sure}}");
  const int line = __LINE__ - 1;
  CHECK(ctxlog::flush());

  REQUIRE(target->messages.size() == 1);
  const auto& message = target->messages.front();
  CHECK(message.payload == "100 % {sure}");
  CHECK(message.formatted == std::string("100 % {sure}") + spdlog::details::os::default_eol);
  CHECK(message.level == spdlog::level::warn);
  CHECK(message.logger == "net.tls");
  CHECK(message.file == __FILE__);
  CHECK(message.line == line);
  REQUIRE(time);
  CHECK(message.time == std::chrono::time_point_cast<spdlog::log_clock::duration>(*time));
  CHECK(target->flushed > 0);
}

TEST_CASE("a spdlog sink keeps its own level") {
  const auto target = std::make_shared<keeping_sink>();
  target->set_level(spdlog::level::err);
  const delivery delivering(target);
  ctxlog::warn("below");
  ctxlog::error("at");
  REQUIRE(target->messages.size() == 1);
  CHECK(target->messages.front().payload == "at");
}

TEST_CASE("what a spdlog sink throws is a lost record and nothing else") {
  const delivery delivering(std::make_shared<throwing_sink>());
  ctxlog::info("lost");
  const auto account = ctxlog::stats();
  REQUIRE(account.sinks.size() == 1);
  CHECK(account.sinks.front().accepted == 1);
  CHECK(account.sinks.front().dropped == 1);
}

TEST_CASE("spdlog's rotating files hold every line") {
  const temporary_directory directory;
  const auto path = (directory.path / "app.log").string();
  constexpr std::size_t files = 20;
  const delivery delivering(std::make_shared<spdlog::sinks::rotating_file_sink_mt>(path, 20'000, files));
  delivery::lines(2000);

  std::string all;
  int pieces = 0;
  for (std::size_t index = files + 1; index-- > 0;) {
    const auto piece = spdlog::sinks::rotating_file_sink_mt::calc_filename(path, index);
    if (!fs::exists(piece)) continue;
    all += read_file(piece);
    ++pieces;
  }
  CHECK(pieces == 10);
  CHECK(is_sequence(all, 0, 2000));
}

TEST_CASE("spdlog's daily file holds every line") {
  const temporary_directory directory;
  const delivery delivering(
      std::make_shared<spdlog::sinks::daily_file_sink_mt>((directory.path / "app.log").string(), 0, 0));
  delivery::lines(100);
  std::string all;  // two files when midnight passes in between
  std::vector<fs::path> files(fs::directory_iterator(directory.path), {});
  std::sort(files.begin(), files.end());
  for (const auto& file : files) all += read_file(file);
  CHECK(is_sequence(all, 0, 100));
}

TEST_CASE("a missing spdlog sink is refused by name") {
  try {
    ctxlog::spdlog_sink sink(nullptr, "mine");
    FAIL("accepted");
  } catch (const std::invalid_argument& error) {
    CHECK(std::string_view(error.what()).find("\"mine\"") != std::string_view::npos);
  }
}
