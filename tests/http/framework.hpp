// The frameworks whose adapters are built, what each of them cannot do, and a running test service on one.
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "connection.hpp"
#include "strict_json.hpp"
#include "support/child_process.hpp"

namespace http_test {

/// What differs, by the framework's nature; everything else is the same on all.
struct framework {
  std::string name;
  bool knows_routes = true;         // http.route is in the access record
  bool answers_throw_int = true;    // an exception that is no std::exception becomes a 500
  bool names_errors = true;         // the exception reaches the adapter: error.type is its type
  bool sees_repeated_lines = true;  // of one header
  bool sees_aborts = false;         // a client that went away
  bool logs_itself = true;          // the framework has a log of its own
  bool asynchronous = true;         // answers without holding a thread
  bool pipelines = true;            // takes a second request before the first is answered
  bool reads_before = true;  // it answers that there is nothing, keeps the connection and the request's id
};

/// Whether the framework may have answered before it had read the request's headers.
inline bool answered_unread(const framework& on, const response& answer) {
  return !on.reads_before && (answer.status == 204 || answer.status == 404 || answer.status == 405);
}

inline std::ostream& operator<<(std::ostream& out, const framework& f) { return out << f.name; }

/// Those that were built.
inline std::vector<framework> frameworks() {
  const std::vector<framework> known{
      {.name = "httplib",
       .knows_routes = false,
       .logs_itself = false,
       .asynchronous = false,
       .pipelines = false},
      {.name = "beast", .logs_itself = false},
      {.name = "crow", .knows_routes = false, .pipelines = false, .reads_before = false},
      {.name = "drogon", .answers_throw_int = false, .sees_repeated_lines = false, .sees_aborts = true},
  };
  const std::string_view built = CTXLOG_HTTP_SERVICES;
  std::vector<framework> result;
  for (const auto& one : known)
    if (built.find(one.name) != built.npos) result.push_back(one);
  return result;
}

using records = std::vector<strict_json::object>;

/// The field as text, empty when it is not there.
inline std::string text_of(const strict_json::object& line, std::string_view key) {
  return line.has(key) ? line.get<std::string>(key) : std::string();
}

/// The test service in a process of its own.
class running_service {
 public:
  explicit running_service(const framework& on, const std::string& scenario = "default",
                           std::vector<std::string> variables = {})
      : name_(Catch::MessageBuilder("INFO"_catch_sr, CATCH_INTERNAL_LINEINFO, Catch::ResultWas::Info)
              << "on " << on.name),
        process_({CTXLOG_HTTP_SERVICES_DIR "/http_service_" + on.name, scenario, CTXLOG_HTTP_FILES_DIR},
                 with_mode(std::move(variables))) {
    const std::string line = process_.wait_for("\"message\":\"listening on ");
    REQUIRE_FALSE(line.empty());
    port_ = std::stoi(line);
  }

  int port() const noexcept { return port_; }

  /// Waits until a line with `mark` in it is written.
  void wait_for(std::string_view mark) {
    CAPTURE(mark);
    REQUIRE_FALSE(process_.wait_for(mark).empty());
  }

  /// Ends the service; every record of it but the first, which said where it listens.
  const records& finish() {
    if (!finished_) {
      finished_ = true;
      const int status = process_.finish();
      INFO(process_.err());
      REQUIRE(status == 0);
      lines_ = strict_json::parse_lines(process_.out());
      std::erase_if(lines_,
                    [](const auto& line) { return text_of(line, "message").starts_with("listening"); });
    }
    return lines_;
  }

  records access_records() {
    records all = finish();
    std::erase_if(all, [](const auto& line) { return text_of(line, "logger") != "http.access"; });
    return all;
  }
  /// The records with that message.
  records lines(std::string_view message) {
    records all = finish();
    std::erase_if(all, [&](const auto& line) { return text_of(line, "message") != message; });
    return all;
  }
  /// Everything it has printed, after finish().
  std::string output() const { return process_.out() + process_.err(); }

 private:
  static std::vector<std::string> with_mode(std::vector<std::string> variables) {
    variables.emplace_back("ENV=PROD");
    return variables;
  }

  Catch::ScopedMessage name_;  // told with every assertion that fails
  example::child_process process_;
  int port_ = 0;
  bool finished_ = false;
  records lines_;
};

}  // namespace http_test
