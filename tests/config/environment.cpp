// What the environment chooses: stream, schema, levels, colours, file; and what happens to values that mean nothing.
// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <pty.h>
#include <sys/stat.h>
#include <termios.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "logger.hpp"

namespace {

using logger_test::child_result;
using logger_test::run_child;
using strings = std::vector<std::string>;

child_result request(strings environment) {
  return run_child("config_print", {"request"}, std::move(environment));
}

bool is_json_request(const std::string& text) {
  const auto line = nlohmann::json::parse(text, nullptr, false);
  return !line.is_discarded() && line["message"] == "order 42 placed" && line["request_id"] == "r-1" &&
         line["order_id"] == 42 && text.find('\n') == text.size() - 1;
}

bool is_pretty_request(const std::string& text) {
  return text.find("order 42 placed") != text.npos && text.find("request_id=r-1") != text.npos &&
         text.find("order_id=42") != text.npos && !nlohmann::json::accept(text) &&
         text.find('\n') == text.size() - 1;
}

bool is_coloured(const std::string& text) { return text.find('\x1b') != text.npos; }

TEST_CASE("without ENV, with an empty one and in development records are pretty on standard error",
          "[CH-03][environment]") {
  for (const strings& environment :
       {strings{}, strings{"ENV="}, strings{"ENV=   "}, strings{"ENV=DEV"}, strings{"ENV=dev"},
        strings{"ENV= Development "}, strings{"ENV=local"}, strings{"ENV=test"}}) {
    INFO((environment.empty() ? "unset" : environment[0]));
    const auto child = request(environment);
    CHECK(child.status == 0);
    CHECK(child.output.empty());
    CHECK(is_pretty_request(child.errors));
    CHECK_FALSE(is_coloured(child.errors));
  }
}

TEST_CASE("in production records are JSON on standard output, whatever the case and the blanks",
          "[CH-03][environment]") {
  for (const char* name : {"ENV=PROD", "ENV=prod", "ENV=PROD ", "ENV=\tProduction\n", "ENV=staging"}) {
    INFO(name);
    const auto child = request({name});
    CHECK(child.status == 0);
    CHECK(child.errors.empty());
    CHECK(is_json_request(child.output));
  }
}

TEST_CASE("an unknown ENV is production with one warning that names it", "[CH-03][environment]") {
  for (const char* value : {"bogus", "PRODUCTIONS", "D EV", "1"}) {
    const auto child = request({"ENV=" + std::string(value)});
    CHECK(is_json_request(child.output));
    REQUIRE(child.error_lines().size() == 1);
    CHECK(child.errors.starts_with("ctxlog: ENV=\"" + std::string(value) + "\" is none of DEV,"));
    CHECK(child.errors.find("PROD is assumed") != std::string::npos);
  }
}

TEST_CASE("a hostile ENV cannot write to the terminal", "[environment][H15]") {
  const auto child = request({"ENV=\x1b[2J\nforged line"});
  CHECK(child.error_lines().size() == 1);
  CHECK_FALSE(is_coloured(child.errors));
}

TEST_CASE("LOG_FORMAT changes the schema and nothing else", "[environment]") {
  const auto json_on_error = request({"LOG_FORMAT=JSON"});
  CHECK(json_on_error.output.empty());
  CHECK(is_json_request(json_on_error.errors));
  const auto pretty_on_output = request({"ENV=PROD", "LOG_FORMAT= pretty "});
  CHECK(pretty_on_output.errors.empty());
  CHECK(is_pretty_request(pretty_on_output.output));
  const auto loguru = nlohmann::json::parse(request({"ENV=PROD", "LOG_FORMAT=loguru"}).output);
  CHECK(loguru["record"]["message"] == "order 42 placed");
  CHECK(loguru["record"]["extra"]["request_id"] == "r-1");
}

TEST_CASE("every name of LOG_FORMAT chooses its schema", "[environment]") {
  const auto line = [](const char* name) {
    const auto child = request(
        {"ENV=PROD", "LOG_FORMAT=" + std::string(name), "OTEL_SERVICE_NAME=shop", "GOOGLE_CLOUD_PROJECT=p"});
    CHECK(child.errors.empty());
    return child.output;
  };
  const auto object = [&](const char* name) { return nlohmann::json::parse(line(name)); };
  CHECK(is_pretty_request(line("pretty")));
  CHECK(is_json_request(line("json")));
  const auto ecs = object("Ecs");
  CHECK(ecs["log.level"] == "info");
  CHECK(ecs["service.name"] == "shop");
  CHECK(ecs["labels"]["request_id"] == "r-1");
  CHECK(ecs["ctxlog"]["order_id.long"] == 42);
  const auto gcp = object("gcp");
  CHECK(gcp["severity"] == "INFO");
  CHECK(gcp["serviceContext"]["service"] == "shop");
  CHECK(gcp["request_id"] == "r-1");
  const auto datadog = object("datadog");
  CHECK(datadog["status"] == "info");
  CHECK(datadog["service"] == "shop");
  CHECK(datadog["request_id"] == "r-1");
  const auto otlp = object("otlp")["resourceLogs"][0];
  CHECK(otlp["resource"]["attributes"][0]["value"]["stringValue"] == "shop");
  CHECK(otlp["scopeLogs"][0]["logRecords"][0]["body"]["stringValue"] == "order 42 placed");
  CHECK(object("loguru")["record"]["extra"]["request_id"] == "r-1");
  const auto logfmt = line(" LOGFMT ");
  CHECK(logfmt.starts_with("ts="));
  CHECK(logfmt.find(" level=info msg=\"order 42 placed\" ") != logfmt.npos);
  CHECK(logfmt.ends_with(" order_id=42 request_id=r-1\n"));
}

TEST_CASE("the resource variables are read again when the environment is", "[environment]") {
  const auto child =
      run_child("config_print", {"resource_again"},
                {"ENV=PROD", "LOG_FORMAT=ecs", "OTEL_SERVICE_NAME=old", "OTEL_RESOURCE_ATTRIBUTES=bad"});
  const auto lines = child.output_lines();
  REQUIRE(lines.size() == 3);
  CHECK(nlohmann::json::parse(lines[0])["service.name"] == "old");
  CHECK(nlohmann::json::parse(lines[1])["service.name"] == "old");
  CHECK(nlohmann::json::parse(lines[2])["service.name"] == "new");
  CHECK(child.error_lines().size() == 2);  // once for each time they are read
}

TEST_CASE("an unknown LOG_FORMAT is ignored with one warning that names it", "[environment]") {
  const auto child = request({"ENV=PROD", "LOG_FORMAT=xml"});
  CHECK(is_json_request(child.output));
  CHECK(child.error_lines().size() == 1);
  CHECK(child.errors.starts_with("ctxlog: LOG_FORMAT=\"xml\" is none of "));
}

strings messages_of(const strings& environment, const char* what = "levels") {
  const auto child = run_child("config_print", {what}, environment);
  CHECK(child.status == 0);
  strings messages;
  for (const auto& line : child.output_lines()) messages.push_back(nlohmann::json::parse(line)["message"]);
  return messages;
}

TEST_CASE("the level is debug in development and info in production", "[environment]") {
  CHECK(messages_of({"ENV=PROD"}) == strings{"root info", "root error", "net info", "tls warn"});
  const auto pretty = run_child("config_print", {"levels"}, {"ENV=DEV"});
  CHECK(pretty.error_lines().size() == 6);
  CHECK(pretty.errors.find("root debug") != std::string::npos);
  CHECK(pretty.errors.find("trace") == std::string::npos);
}

TEST_CASE("LOG_LEVEL sets the root's level and those of names", "[environment]") {
  CHECK(messages_of({"ENV=PROD", "LOG_LEVEL=error"}) == strings{"root error"});
  CHECK(messages_of({"ENV=PROD", "LOG_LEVEL=WARN,net=debug"}) ==
        strings{"root error", "net debug", "net info", "tls warn"});
  CHECK(messages_of({"ENV=PROD", "LOG_LEVEL= warn , net = off , net.tls = trace "}) ==
        strings{"root error", "tls trace", "tls warn"});
  CHECK(messages_of({"ENV=PROD", "LOG_LEVEL=net.tls=trace"}) ==
        strings{"root info", "root error", "net info", "tls trace", "tls warn"});
  CHECK(messages_of({"ENV=PROD", "LOG_LEVEL=35"}) == strings{"root error"});
  CHECK(messages_of({"ENV=PROD", "LOG_LEVEL=off"}).empty());
  CHECK(messages_of({"ENV=PROD", "LOG_LEVEL="}).size() == 4);
  CHECK(messages_of({"ENV=PROD", "LOG_LEVEL=error,info"}).size() == 4);  // the later wins
}

TEST_CASE("a bad part of LOG_LEVEL is reported once and the rest counts", "[environment]") {
  const auto child =
      run_child("config_print", {"levels"}, {"ENV=PROD", "LOG_LEVEL=loud,net=debug,net.tls=,=info,error,"});
  const auto lines = child.error_lines();
  REQUIRE(lines.size() == 3);
  CHECK(lines[0].starts_with("ctxlog: LOG_LEVEL: \"loud\" is skipped; expected LEVEL or LOGGER=LEVEL"));
  CHECK(lines[1].starts_with("ctxlog: LOG_LEVEL: \"net.tls=\" is skipped"));
  CHECK(lines[2].starts_with("ctxlog: LOG_LEVEL: \"=info\" is skipped"));
  CHECK(child.output_lines().size() == 4);  // root error, net debug, net info, tls warn
}

TEST_CASE("levels that code chooses before the first record leave the others to the environment",
          "[environment][levels]") {
  CHECK(messages_of({"ENV=PROD", "LOG_LEVEL=debug,net.tls=error"}, "code_first") ==
        strings{"root debug", "root info", "root error", "net debug", "net info", "tls trace", "tls warn"});
}

TEST_CASE("code beats the environment", "[environment]") {
  CHECK(messages_of({"ENV=DEV", "LOG_FORMAT=pretty", "LOG_LEVEL=trace,net=off"}, "code_beats_environment") ==
        strings{"root error", "net debug", "net info", "tls warn"});
}

TEST_CASE("the mode can change while the program runs", "[environment]") {
  const auto child = run_child("config_print", {"mode_at_run_time"}, {"ENV=DEV"});
  CHECK(child.output_lines().size() == 1);
  CHECK(nlohmann::json::parse(child.output)["message"] == "second");
  REQUIRE(child.error_lines().size() == 2);
  CHECK(child.error_lines()[0].find("first") != std::string::npos);
  CHECK(child.error_lines()[1].find("third") != std::string::npos);
}

TEST_CASE("reading the environment first thing reads it once", "[environment]") {
  const auto child = run_child("config_print", {"environment_again"}, {"LOG_LEVEL=loud"});
  CHECK(nlohmann::json::parse(child.output)["message"] == "after");
  CHECK(child.error_lines().size() == 1);
}

TEST_CASE("records after shutdown are counted and said once", "[environment][H14]") {
  const auto child = run_child("config_print", {"after_shutdown"}, {"ENV=PROD"});
  CHECK(child.status == 0);
  CHECK(child.output_lines().size() == 1);
  CHECK(child.errors == "ctxlog: records are made after shutdown() and lost\n");
}

// ---- files ----

class temporary_file {
 public:
  temporary_file() {
    std::string pattern = (std::filesystem::temp_directory_path() / "ctxlog-config-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()));
    directory_ = pattern;
  }
  temporary_file(const temporary_file&) = delete;
  temporary_file& operator=(const temporary_file&) = delete;
  ~temporary_file() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  std::string path() const { return directory_ / "app.log"; }
  std::string content() const {
    std::ifstream file(path());
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  std::filesystem::path directory_;
};

TEST_CASE("LOG_FILE takes the records, appended and without colours", "[environment]") {
  const temporary_file file;
  const std::string variable = "LOG_FILE=" + file.path();
  const auto first = request({"ENV=PROD", variable});
  CHECK(first.output.empty());
  CHECK(first.errors.empty());
  CHECK(is_json_request(file.content()));
  const auto json_size = file.content().size();
  request({"ENV=DEV", "FORCE_COLOR=1", variable});
  CHECK(is_pretty_request(file.content().substr(json_size)));
  CHECK_FALSE(is_coloured(file.content()));
}

TEST_CASE("a LOG_FILE that cannot be written is said in one line and the standard stream serves",
          "[environment]") {
  const auto child = request({"ENV=PROD", "LOG_FILE=/nonexistent/app.log"});
  CHECK(is_json_request(child.output));
  CHECK(child.error_lines().size() == 1);
  CHECK(child.errors.starts_with("ctxlog: LOG_FILE: "));
  CHECK(child.errors.find("/nonexistent/app.log") != std::string::npos);
}

// ---- colours ----

TEST_CASE("no colours go to what is no terminal, unless they are demanded", "[environment][LG-19]") {
  const std::string terminal = "TERM=xterm-256color";
  CHECK_FALSE(is_coloured(request({terminal}).errors));
  CHECK(is_coloured(request({terminal, "FORCE_COLOR=1"}).errors));
  CHECK(is_coloured(request({"FORCE_COLOR=1"}).errors));
  CHECK(is_coloured(request({terminal, "CLICOLOR_FORCE=1"}).errors));
  CHECK_FALSE(is_coloured(request({terminal, "CLICOLOR_FORCE=0"}).errors));
  CHECK_FALSE(is_coloured(request({terminal, "FORCE_COLOR="}).errors));
  CHECK_FALSE(is_coloured(request({terminal, "NO_COLOR=1", "FORCE_COLOR=1"}).errors));
  CHECK(is_coloured(request({terminal, "NO_COLOR=", "FORCE_COLOR=1"}).errors));
  CHECK(is_json_request(request({"ENV=PROD", "FORCE_COLOR=1"}).output));
}

// Standard error of the child as a terminal shows it.
std::string on_terminal(strings environment) {
  int terminal = -1, other_end = -1;
  REQUIRE(::openpty(&terminal, &other_end, nullptr, nullptr, nullptr) == 0);
  struct termios mode {};
  ::tcgetattr(other_end, &mode);
  ::cfmakeraw(&mode);
  ::tcsetattr(other_end, TCSANOW, &mode);
  char path[64];
  REQUIRE(::ttyname_r(other_end, path, sizeof path) == 0);
  environment.push_back("CTXLOG_TEST_TERMINAL=" + std::string(path));
  const auto child = run_child("config_terminal", {}, std::move(environment));
  CHECK(child.status == 0);
  ::close(other_end);
  std::string text(4096, '\0');
  const auto size = ::read(terminal, text.data(), text.size());
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  ::close(terminal);
  return text;
}

TEST_CASE("a terminal gets colours unless it or the user does not want them", "[environment][LG-19]") {
  const std::string terminal = "TERM=xterm-256color";
  const auto text = on_terminal({terminal});
  CHECK(is_coloured(text));
  CHECK(text.find("on a terminal") != std::string::npos);
  for (const strings& environment :
       {strings{terminal, "NO_COLOR=1"}, strings{terminal, "CLICOLOR=0"}, strings{"TERM=dumb"}, strings{}}) {
    const auto plain = on_terminal(environment);
    CHECK(plain.find("on a terminal") != std::string::npos);
    CHECK_FALSE(is_coloured(plain));
  }
  CHECK(is_coloured(on_terminal({"TERM=dumb", "FORCE_COLOR=1"})));
  CHECK(is_coloured(on_terminal({terminal, "CLICOLOR=0", "CLICOLOR_FORCE=1"})));
}

TEST_CASE("the choice of code beats every variable about colours", "[environment][LG-19]") {
  CHECK(is_coloured(on_terminal({"NO_COLOR=1", "CTXLOG_TEST_COLOUR=on"})));
  CHECK_FALSE(is_coloured(on_terminal({"TERM=xterm-256color", "FORCE_COLOR=1", "CTXLOG_TEST_COLOUR=off"})));
}

}  // namespace
