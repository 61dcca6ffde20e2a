// The callback sink: hands over record and line as they are.
// SPDX-License-Identifier: MIT
#include "ctxlog/sinks/callback.hpp"

#include <catch2/catch_test_macros.hpp>

#include "sinks.hpp"

using ctxlog::callback_sink;

TEST_CASE("a callback gets the record and its whole line", "[LG-12]") {
  const ctxlog::record* seen_record = nullptr;
  std::string seen_line;
  callback_sink sink(
      [&](const ctxlog::record& rec, std::string_view line) {
        seen_record = &rec;
        seen_line = line;
      },
      "mine");
  CHECK_FALSE(sink.write(sinks_test::any_record(), "a line\n"));
  CHECK(seen_record == &sinks_test::any_record());
  CHECK(seen_line == "a line\n");
  CHECK(sink.name() == "mine");
  CHECK_FALSE(sink.flush());
}

TEST_CASE("what a callback throws reaches the pipeline", "[LG-23]") {
  callback_sink sink([](const ctxlog::record&, std::string_view) { throw 42; });
  CHECK_THROWS_AS(sink.write(sinks_test::any_record(), "a line\n"), int);
}

TEST_CASE("an empty callback is refused by name") {
  try {
    callback_sink sink(nullptr, "mine");
    FAIL("accepted");
  } catch (const std::invalid_argument& error) {
    CHECK(std::string_view(error.what()).find("\"mine\"") != std::string_view::npos);
  }
}
