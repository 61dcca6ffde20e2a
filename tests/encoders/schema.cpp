// The schema document names exactly the keys that are emitted.
// SPDX-License-Identifier: MIT
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "ctxlog/config.hpp"
#include "ctxlog/ctxlog.hpp"
#include "json.hpp"
#include "support.hpp"

using namespace encoders_test;
using namespace ctxlog::literals;
using names = std::set<std::string>;

namespace {

// The names in the first column of the tables between that heading and the next one of any rank.
names documented(const std::string& heading) {
  const auto path = std::filesystem::path(__FILE__).parent_path() / "../../docs/schema.md";
  std::istringstream document(sinks_test::read_file(path));
  names result;
  bool inside = false;
  for (std::string line; std::getline(document, line);) {
    if (line.starts_with("##")) inside = line == "## " + heading;
    if (inside && line.starts_with("| `")) result.insert(line.substr(3, line.find('`', 3) - 3));
  }
  return result;
}

// Paths of the members that are not objects, and of those in `open`, whose members are data.
void collect(const strict_json::object& line, const std::vector<std::string>& path, const names& open,
             names& found) {
  const auto visit = [&](const auto&... step) {
    std::string name;
    ((name += (name.empty() ? "" : ".") + step), ...);
    if (line.type(step...) != "object" || open.contains(name)) {
      found.insert(name);
      return;
    }
    for (const auto& key : line.keys(step...)) {
      auto deeper = path;
      deeper.push_back(key);
      collect(line, deeper, open, found);
    }
  };
  if (path.empty()) {
    for (const auto& key : line.keys()) collect(line, {key}, open, found);
  } else if (path.size() == 1) {
    visit(path[0]);
  } else if (path.size() == 2) {
    visit(path[0], path[1]);
  } else {
    visit(path[0], path[1], path[2]);
  }
}

// A record that makes every optional key of the schemas for platforms appear.
void log_for_platforms() {
  const auto own = ctxlog::define_level("success", 25, "✅");
  ctxlog::set_thread_name("worker");
  const auto ambient = ctxlog::with_fields(ctxlog::kv("trace_id", trace_id), ctxlog::kv("span_id", span_id),
                                           ctxlog::kv("trace_flags", "01"));
  ctxlog::log(own, "hole {n}", "n"_kv = 1, "cause"_kv = std::runtime_error("gone"));
  ctxlog::set_thread_name("");
}

// The whole resource, while an encoder is made.
std::shared_ptr<const ctxlog::encoder> with_resource(std::shared_ptr<const ctxlog::encoder> (*make)()) {
  const environment_variable rest("OTEL_RESOURCE_ATTRIBUTES",
                                  "service.name=shop,service.version=1,service.instance.id=2,"
                                  "deployment.environment.name=prod");
  return make();
}

// The record behind an OTLP line with its attributes by name, prefixed by where they stand.
names otlp_names(const std::string& line) {
  const auto data = nlohmann::json::parse(line)["resourceLogs"][0];
  names found;
  for (const auto& attribute : data["resource"]["attributes"])
    found.insert("resource: " + attribute["key"].get<std::string>());
  for (const auto& [key, ignored] : data["scopeLogs"][0]["scope"].items()) found.insert("scope: " + key);
  const auto& record = data["scopeLogs"][0]["logRecords"][0];
  for (const auto& [key, ignored] : record.items())
    if (key != "attributes") found.insert(key);
  for (const auto& attribute : record["attributes"])
    found.insert("attributes: " + attribute["key"].get<std::string>());
  return found;
}

// A record that makes every optional key appear.
void log_everything() {
  ctxlog::set_thread_name("worker");
  ctxlog::logger("schema")
      .patch([](ctxlog::record&) { throw std::runtime_error("patcher"); })
      .info(ctxlog::runtime("{broken:%} {"), ctxlog::kv("broken", 1));
  ctxlog::set_thread_name("");
}

}  // namespace

TEST_CASE("Every key of the json schema is documented, and every documented key is emitted") {
  probe json(ctxlog::json_encoder());
  names found;
  log_everything();
  collect(json.json(), {}, {}, found);
  CHECK(found.erase("broken") == 1);
  ctxlog::info("hole {n}", "n"_kv = 1);
  CHECK(json.json().has("template"));
  found.insert("template");
  CHECK(found == documented("json"));
}

TEST_CASE("Every key of the loguru schema is documented, and every documented key is emitted") {
  probe loguru(ctxlog::loguru_encoder());
  names found;
  ctxlog::info("none");
  collect(loguru.json(), {}, {"record.extra"}, found);
  ctxlog::error("one", "error"_kv = std::runtime_error("gone"));
  collect(loguru.json(), {}, {"record.extra"}, found);
  CHECK(found == documented("loguru"));
}

TEST_CASE("Every key of the ecs schema is documented, and every documented key is emitted") {
  probe ecs(with_resource(ctxlog::ecs_encoder));
  names found;
  log_for_platforms();
  collect(ecs.json(), {}, {"labels", "ctxlog"}, found);
  CHECK(found == documented("ecs"));
}

TEST_CASE("Every key of the gcp schema is documented, and every documented key is emitted") {
  probe gcp(with_resource(ctxlog::gcp_encoder));
  names found;
  log_for_platforms();
  collect(gcp.json(), {}, {"cause"}, found);
  CHECK(found.erase("n") + found.erase("cause") == 2);
  CHECK(found == documented("gcp"));
}

TEST_CASE("Every key of the datadog schema is documented, and every documented key is emitted") {
  probe datadog(with_resource(ctxlog::datadog_encoder));
  names found;
  log_for_platforms();
  collect(datadog.json(), {}, {"cause"}, found);
  for (const char* field : {"n", "cause", "trace_id", "span_id", "trace_flags"})
    CHECK(found.erase(field) == 1);
  CHECK(found == documented("datadog"));
}

TEST_CASE("Every name of the otlp schema is documented, and every documented name is emitted") {
  probe otlp(ctxlog::otlp_encoder());
  log_for_platforms();
  names found = otlp_names(otlp.line());
  CHECK(found.erase("attributes: n") + found.erase("attributes: cause") == 2);
  CHECK(found == documented("otlp"));
}

TEST_CASE("Every key of the logfmt schema is documented, and every documented key is emitted") {
  probe logfmt(ctxlog::logfmt_encoder());
  log_for_platforms();
  const auto keys = logfmt.logfmt().keys();
  names found(keys.begin(), keys.end());
  for (const char* field : {"n", "cause", "trace_id", "span_id", "trace_flags"})
    CHECK(found.erase(field) == 1);
  CHECK(found == documented("logfmt"));
}
