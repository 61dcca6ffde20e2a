// What is too deep, too many, too long or no UTF-8: cut and marked, never refused.
// SPDX-License-Identifier: MIT
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "logger.hpp"

namespace tree {

// A type that contains itself: as deep as the data.
struct node {
  std::vector<node> children;
};
using iterator = std::vector<node>::const_iterator;
iterator begin(const node& n) { return n.children.begin(); }
iterator end(const node& n) { return n.children.end(); }

}  // namespace tree

namespace {

using ctxlog::kv;
using ctxlog::limits;
using ctxlog::testing::capture;
using logger_test::as_json;
using logger_test::clean_logging;
using logger_test::parsed;
using nlohmann::json;

template <class T>
json logged(const T& v) {
  capture records(as_json());
  ctxlog::info("value", kv("v", v));
  return parsed(records.only())["v"];
}

std::size_t depth_of(const json& v) {
  std::size_t depth = 0;
  for (const json* at = &v; at->is_structured() && !at->empty(); at = &*at->begin()) ++depth;
  return depth;
}

TEST_CASE_METHOD(clean_logging, "nesting stops at the limit with a mark", "[limits][H15]") {
  json document = "bottom";
  for (int i = 0; i < 1000; ++i) document = json::array({std::move(document)});
  const json shown = logged(document);
  CHECK(depth_of(shown) == limits::depth);
  CHECK(shown.dump().find("too deep") != std::string::npos);
  CHECK(shown.dump().find("bottom") == std::string::npos);

  json just_fits = "bottom";
  for (std::size_t i = 0; i < limits::depth; ++i) just_fits = json{{"k", std::move(just_fits)}};
  CHECK(logged(just_fits) == just_fits);
}

TEST_CASE_METHOD(clean_logging, "a type that nests itself stops at the limit too", "[limits][H15]") {
  tree::node root;
  tree::node* at = &root;
  for (int i = 0; i < 1000; ++i) at = &at->children.emplace_back();
  CHECK(depth_of(logged(root)) == limits::depth);
}

TEST_CASE_METHOD(clean_logging, "a document of a million levels does no harm", "[limits][H15]") {
  auto document = std::make_unique<json>();
  for (int i = 0; i < 1'000'000; ++i) *document = json::array({std::move(*document)});
  CHECK(depth_of(logged(*document)) == limits::depth);
  // Its destructor would recurse a million times on some versions of nlohmann_json: take it apart by hand.
  while (document->is_array() && !document->empty()) {
    json inner = std::move((*document)[0]);
    *document = std::move(inner);
  }
}

TEST_CASE_METHOD(clean_logging, "arrays and objects beyond the limit say how much is left out",
                 "[limits][H15]") {
  const std::vector<int> numbers(limits::items + 234, 7);
  const json items = logged(numbers);
  CHECK(items.size() == limits::items + 1);
  CHECK(items.back() == "…(+234 items)");
  CHECK(logged(json(numbers)) == items);

  std::map<std::string, int> members;
  for (std::size_t i = 0; i < limits::items + 5; ++i) members[std::to_string(i)] = 1;
  const json object = logged(members);
  CHECK(object.size() == limits::items + 1);
  CHECK(object["…"] == "…(+5 members)");
  CHECK(logged(json(members)) == object);

  CHECK(logged(std::vector<int>(limits::items, 7)).back() == 7);
}

TEST_CASE_METHOD(clean_logging, "a long string is cut and says how much is left out", "[limits][H15]") {
  const std::string text(limits::string_bytes + 10, 'x');
  const auto shown = logged(text).get<std::string>();
  CHECK(shown == std::string(limits::string_bytes, 'x') + "…(+10 bytes)");
  CHECK(logged(std::string(limits::string_bytes, 'x')).get<std::string>().size() == limits::string_bytes);
  CHECK(logged(std::string(10'000'000, 'y')).get<std::string>().size() < limits::string_bytes + 50);
}

TEST_CASE_METHOD(clean_logging, "a long message is one line and complete up to the limit", "[limits][H15]") {
  capture records(as_json());
  ctxlog::info(std::string(10'000'000, 'm'));
  ctxlog::info("{}", std::string(10'000'000, 'm'));
  for (const auto& rec : records.all()) {
    CHECK(rec.line.find('\n') == rec.line.size() - 1);
    CHECK(parsed(rec)["message"].get<std::string>().starts_with(std::string(limits::string_bytes, 'm')));
  }
}

TEST_CASE_METHOD(clean_logging, "a key is cut at its limit and its bytes are made UTF-8", "[limits][H15]") {
  capture records(as_json());
  const std::string long_key(1000, 'k'), fitting(limits::key_bytes, 'f'),
      invalid =
          "a\xff\xfe"
          "b";
  ctxlog::info("keys", kv(long_key, 1), kv(fitting, 2), kv(invalid, 3), kv("", 4));
  const auto line = parsed(records.only());
  CHECK(line[std::string(limits::key_bytes - 3, 'k') + "…"] == 1);
  CHECK(line[fitting] == 2);
  CHECK(line["a\uFFFD\uFFFD"
             "b"] == 3);
  CHECK(line[""] == 4);
}

TEST_CASE_METHOD(clean_logging, "keys that become equal are one key", "[limits][H15]") {
  capture records(as_json());
  ctxlog::info("keys", kv("a\xff", 1), kv("a\xfe", 2), kv(std::string(300, 'k') + "1", 3),
               kv(std::string(300, 'k') + "2", 4));
  const auto rec = records.only();
  CHECK(rec.keys.size() == 2);
  CHECK(parsed(rec)["a\uFFFD"] == 2);
}

TEST_CASE_METHOD(clean_logging, "keys inside values obey the same limits", "[limits][H15]") {
  const std::map<std::string, int> members{{std::string(1000, 'k'), 1}, {"a\xff", 2}};
  const json shown = logged(members);
  CHECK(shown["a\uFFFD"] == 2);
  CHECK(shown[std::string(limits::key_bytes - 3, 'k') + "…"] == 1);
}

}  // namespace
