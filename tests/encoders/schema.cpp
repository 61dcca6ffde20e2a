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
