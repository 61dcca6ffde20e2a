// Exceptions as fields: type, message, nested causes, recorded stacks.
// SPDX-License-Identifier: MIT
#include "ctxlog/exception.hpp"

#include <stdexcept>
#include <string>

#include "logger.hpp"

namespace bank {

class account_locked : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace bank

namespace {

using namespace ctxlog::literals;
using ctxlog::kv;
using ctxlog::testing::capture;
using logger_test::as_json;
using logger_test::clean_logging;
using logger_test::parsed;
using nlohmann::json;

template <class T>
json logged(const T& exception) {
  capture records(as_json());
  ctxlog::error("failed", kv("error", exception));
  return parsed(records.only())["error"];
}

void transfer() {
  try {
    try {
      throw bank::account_locked("account 7 is locked");
    } catch (...) {
      std::throw_with_nested(std::logic_error("withdraw"));
    }
  } catch (...) {
    std::throw_with_nested(std::runtime_error("transfer"));
  }
}

TEST_CASE_METHOD(clean_logging, "an exception has its own type and its message", "[exceptions]") {
  CHECK(logged(std::runtime_error("bad")) == json{{"type", "std::runtime_error"}, {"message", "bad"}});
  const bank::account_locked locked("7");
  const std::exception& as_base = locked;
  CHECK(logged(as_base) == json{{"type", "bank::account_locked"}, {"message", "7"}});
}

TEST_CASE_METHOD(clean_logging, "an exception_ptr is the exception it points to", "[exceptions]") {
  CHECK(logged(std::make_exception_ptr(bank::account_locked("7"))) ==
        json{{"type", "bank::account_locked"}, {"message", "7"}});
  CHECK(logged(std::exception_ptr()).is_null());
}

TEST_CASE_METHOD(clean_logging, "what is thrown without being a std::exception has its type",
                 "[exceptions]") {
  CHECK(logged(std::make_exception_ptr(42)) == json{{"type", "int"}, {"message", ""}});
  try {
    throw std::string("text");
  } catch (...) {
    CHECK(logged(std::current_exception())["type"].get<std::string>().find("string") != std::string::npos);
  }
}

TEST_CASE_METHOD(clean_logging, "nested exceptions are causes, the nearest first", "[exceptions]") {
  try {
    transfer();
    FAIL("no exception");
  } catch (const std::exception& e) {
    const json error = logged(e);
    CHECK(error["message"] == "transfer");
    REQUIRE(error["causes"].size() == 2);
    CHECK(error["causes"][0]["message"] == "withdraw");
    CHECK(error["causes"][1] == json{{"type", "bank::account_locked"}, {"message", "account 7 is locked"}});
    CHECK(logged(std::current_exception()) == error);
  }
}

TEST_CASE_METHOD(clean_logging, "a cause that is no std::exception ends the chain", "[exceptions]") {
  try {
    try {
      throw 42;
    } catch (...) {
      std::throw_with_nested(std::runtime_error("outer"));
    }
  } catch (const std::exception& e) {
    CHECK(logged(e)["causes"] == json::array({{{"type", "int"}, {"message", ""}}}));
  }
}

TEST_CASE_METHOD(clean_logging, "a chain of causes without end is cut", "[exceptions][H15]") {
  std::exception_ptr chain = std::make_exception_ptr(std::runtime_error("0"));
  for (int i = 1; i <= 100; ++i) {
    try {
      try {
        std::rethrow_exception(chain);
      } catch (...) {
        std::throw_with_nested(std::runtime_error(std::to_string(i)));
      }
    } catch (...) {
      chain = std::current_exception();
    }
  }
  const json error = logged(chain);
  CHECK(error["message"] == "100");
  CHECK(error["causes"].size() == 16);
}

[[gnu::noinline]] void throw_traced() { throw ctxlog::traced(bank::account_locked("7")); }

TEST_CASE_METHOD(clean_logging, "a traced exception is caught as what it is and logged with its stack",
                 "[exceptions][DR-07]") {
  try {
    throw_traced();
    FAIL("no exception");
  } catch (const bank::account_locked& e) {
    const json error = logged(e);
    CHECK(error["type"] == "bank::account_locked");
    CHECK(error["message"] == "7");
    REQUIRE(error["stack"].size() >= 2);
    for (const auto& frame : error["stack"]) CHECK_FALSE(frame.get<std::string>().empty());
    CHECK(logged(std::current_exception())["stack"] == error["stack"]);
  }
}

TEST_CASE_METHOD(clean_logging, "an exception in a message reads as its JSON, and its text by what()",
                 "[exceptions]") {
  capture records(as_json());
  const std::runtime_error e("disk full");
  ctxlog::error("{error} / {}", e.what(), "error"_kv = e);
  CHECK(records.only().message == R"({"type":"std::runtime_error","message":"disk full"} / disk full)");
}

}  // namespace
