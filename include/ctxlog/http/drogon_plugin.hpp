// Drogon's configuration file alone turns the adapter on: {"plugins": [{"name": "ctxlog::drogon::plugin", "config": {…}}]}.
// SPDX-License-Identifier: MIT
#pragma once

#include <drogon/plugins/Plugin.h>

#include <chrono>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ctxlog/http/drogon.hpp"
#include "ctxlog/http/drogon_log.hpp"

namespace ctxlog::drogon {
namespace detail {

/// The members of a plugin's configuration. What is not as expected throws std::invalid_argument, naming key and value.
class plugin_config {
 public:
  explicit plugin_config(const Json::Value& config) { read(config); }

  http::options options;
  shared_response policy = shared_response::copy;
  bool framework_log = true;

 private:
  [[noreturn]] static void refuse(const std::string& key, const Json::Value& found,
                                  const std::string& expected) {
    throw std::invalid_argument("ctxlog::drogon::plugin: \"" + key + "\": expected " + expected + ", got " +
                                Json::writeString(Json::StreamWriterBuilder(), found));
  }

  static bool boolean(const std::string& key, const Json::Value& found) {
    if (!found.isBool()) refuse(key, found, "true or false");
    return found.asBool();
  }
  static std::vector<std::string> texts(const std::string& key, const Json::Value& found) {
    std::vector<std::string> result;
    if (!found.isArray() || found.empty()) refuse(key, found, "an array of strings");
    for (const Json::Value& text : found) {
      if (!text.isString()) refuse(key, found, "an array of strings");
      result.push_back(text.asString());
    }
    return result;
  }
  template <class T>
  static T one_of(const std::string& key, const Json::Value& found, const std::map<std::string, T>& choices) {
    if (found.isString())
      if (const auto choice = choices.find(found.asString()); choice != choices.end()) return choice->second;
    std::string expected;
    for (const auto& [name, value] : choices)
      expected.append(expected.empty() ? "" : " or ").append("\"" + name + "\"");
    refuse(key, found, expected);
  }

  void read(const Json::Value& config) {
    if (config.isNull()) return;
    if (!config.isObject()) refuse("config", config, "an object");
    for (const std::string& key : config.getMemberNames()) read_member(key, config[key]);
  }

  void read_member(const std::string& key, const Json::Value& found) {
    if (key == "request_id_headers") {
      options.request_id.headers = texts(key, found);
    } else if (key == "faulty_request_id") {
      options.request_id.on_fault = one_of<http::id_policy>(key, found,
                                                            {{"replace", http::id_policy::replace},
                                                             {"reject", http::id_policy::reject},
                                                             {"sanitize", http::id_policy::sanitize}});
    } else if (key == "b3") {
      options.trace.b3 = boolean(key, found);
    } else if (key == "server_timing") {
      options.trace.server_timing = boolean(key, found);
    } else if (key == "query") {
      options.access.query = boolean(key, found);
    } else if (key == "request_headers") {
      options.access.request_headers = texts(key, found);
    } else if (key == "slow_ms") {
      if (!found.isUInt()) refuse(key, found, "a number of milliseconds");
      options.access.slow = std::chrono::milliseconds(found.asUInt());
    } else if (key == "shared_response") {
      policy = one_of<shared_response>(key, found,
                                       {{"copy", shared_response::copy}, {"skip", shared_response::skip}});
    } else if (key == "framework_log") {
      framework_log = boolean(key, found);
    } else {
      throw std::invalid_argument("ctxlog::drogon::plugin: unknown key \"" + key + "\"");
    }
  }
};

}  // namespace detail

/// install() and install_log() for those who include this header in one source of the program and leave the rest to the
/// configuration file. Keys of `config`, all optional: request_id_headers, faulty_request_id (replace, reject, sanitize), b3,
/// server_timing, query, request_headers, slow_ms, shared_response (copy, skip), framework_log. app().run() throws
/// std::invalid_argument for anything else. Synchronous advices that the program itself registers come before.
class plugin : public ::drogon::Plugin<plugin> {
 public:
  void initAndStart(const Json::Value& config) override {
    detail::plugin_config read(config);
    if (read.framework_log) install_log();
    install(std::move(read.options), read.policy);
  }
  void shutdown() override {}
};

namespace detail {

// Drogon finds a class by its name only when something refers to it.
inline const std::string& plugin_name = plugin::classTypeName();

}  // namespace detail
}  // namespace ctxlog::drogon
