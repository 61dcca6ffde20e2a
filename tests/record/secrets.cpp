// Secrets: no way into a record or a message shows them in clear.
// SPDX-License-Identifier: MIT
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "logger.hpp"

namespace {

using namespace ctxlog::literals;
using ctxlog::kv;
using ctxlog::secret;
using ctxlog::testing::capture;
using logger_test::as_json;
using logger_test::clean_logging;
using logger_test::parsed;

constexpr const char* clear_text = "hunter2";
secret<std::string> password() { return secret<std::string>(clear_text); }

constinit ctxlog::context_var<secret<std::string>> session{"session"};

TEST_CASE_METHOD(clean_logging, "a secret is masked in messages and fields", "[secret][H15]") {
  capture records(as_json());
  ctxlog::info("{} {:>10} {0} {field} {field:>5}|", password(), password(), "field"_kv = password(),
               kv("dynamic", password()));
  ctxlog::info(ctxlog::runtime("{} {:>10} {field:>5}|"), password(), password(), kv("field", password()));
  ctxlog::info("{}", secret<int>(1234567));
  ctxlog::info("{:>5}", secret<int>(1234567));
  const auto all = records.all();
  CHECK(all[1].message == "***        ***   ***|");
  CHECK(all[2].message == "***");
  CHECK(all[3].message == "  ***");
  for (const auto& rec : all) {
    CHECK(rec.line.find(clear_text) == std::string::npos);
    CHECK(rec.line.find("1234567") == std::string::npos);
  }
}

TEST_CASE_METHOD(clean_logging, "a secret is masked inside containers", "[secret]") {
  capture records(as_json());
  ctxlog::info("login", kv("list", std::vector{password()}),
               kv("map", std::map<std::string, secret<std::string>>{{"password", password()}}),
               kv("optional", std::optional(password())), kv("pair", std::pair(1, password())),
               kv("variant", std::variant<int, secret<std::string>>(password())));
  const auto rec = records.only();
  const auto line = parsed(rec);
  CHECK(rec.line.find(clear_text) == std::string::npos);
  CHECK(line["list"] == nlohmann::ordered_json::array({"***"}));
  CHECK(line["map"]["password"] == "***");
  CHECK(line["optional"] == "***");
  CHECK(line["pair"][1] == "***");
  CHECK(line["variant"] == "***");
}

TEST_CASE_METHOD(clean_logging,
                 "a secret is masked when bound, ambient, global, in a variable or set by a patcher",
                 "[secret]") {
  ctxlog::configure({.patchers = {{ctxlog::context_variables(session),
                                   [](ctxlog::record& rec) { rec.set("patched", password()); }}},
                     .fields = ctxlog::fields(kv("global", password()))});
  capture records(as_json());
  {
    const auto in_context = session.bind(password());
    const auto ambient = ctxlog::with_fields(kv("ambient", password()));
    ctxlog::logger("auth").bind("bound"_kv = password()).info("login {bound} {ambient}", kv("x", 1));
  }
  const auto rec = records.only();
  CHECK(rec.line.find(clear_text) == std::string::npos);
  CHECK(rec.message == "login *** ***");
  for (const char* key : {"global", "ambient", "bound", "session", "patched"})
    CHECK(rec.field<std::string>(key) == "***");
}

TEST_CASE("only reveal() gives the secret", "[secret]") {
  CHECK(password().reveal() == clear_text);
  STATIC_CHECK_FALSE(std::is_convertible_v<secret<std::string>, std::string>);
  STATIC_CHECK_FALSE(std::is_convertible_v<secret<std::string>, std::string_view>);
  STATIC_CHECK_FALSE(std::is_convertible_v<std::string, secret<std::string>>);
  CHECK(fmt::format("{}", password()) == "***");
}

}  // namespace
