// What untrusted text becomes inside JSON and on a terminal, and that no byte outside it is touched.
// SPDX-License-Identifier: MIT
#include "text/escape.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "reference.hpp"

namespace {

using ctxlog::detail::escape_set;
using ctxlog::detail::escaped_capacity;

struct escaper {
  const char* name;
  char* (*write)(char*, std::string_view);
  bool quotes;
};

// Both block sizes are compiled here, whichever the library uses on this machine.
constexpr auto escapers = std::to_array<escaper>({
  {"json by words", ctxlog::detail::write_escaped<escape_set::json, ctxlog::detail::word_block>, true},
      {"bare by words", ctxlog::detail::write_escaped<escape_set::bare, ctxlog::detail::word_block>, false},
#if defined(__SSE2__)
      {"json by SSE2", ctxlog::detail::write_escaped<escape_set::json, ctxlog::detail::sse2_block>, true},
      {"bare by SSE2", ctxlog::detail::write_escaped<escape_set::bare, ctxlog::detail::sse2_block>, false},
#endif
      {"json", ctxlog::detail::write_json_escaped, true},
      {"terminal, quoted",
       [](char* out, std::string_view s) { return ctxlog::detail::write_terminal_escaped(out, s, true); },
       true},
      {"terminal, bare",
       [](char* out, std::string_view s) { return ctxlog::detail::write_terminal_escaped(out, s, false); },
       false},
});

std::string run(const escaper& escape, std::string_view text) {
  std::string out(escaped_capacity(text.size()), '\0');
  out.resize(static_cast<std::size_t>(escape.write(out.data(), text) - out.data()));
  return out;
}

void require_as_reference(std::string_view text) {
  const std::array<std::string, 2> expected{reference::escape(text, false), reference::escape(text, true)};
  for (const escaper& escape : escapers) {
    const std::string got = run(escape, text);
    if (got != expected[escape.quotes]) {
      CAPTURE(escape.name, text);
      REQUIRE(got == expected[escape.quotes]);
    }
  }
}

std::string json(std::string_view text) { return run({"", ctxlog::detail::write_json_escaped, true}, text); }

std::string bare(std::string_view text) {
  return run(
      {"",
       [](char* out, std::string_view s) { return ctxlog::detail::write_terminal_escaped(out, s, false); },
       false},
      text);
}

// The text before, after and around the 16-byte blocks.
std::vector<std::string> placements(std::string_view text) {
  std::vector<std::string> result;
  for (const std::size_t before : {0U, 1U, 7U, 13U, 16U}) {
    for (const std::size_t after : {0U, 1U, 20U}) {
      result.push_back(std::string(before, 'b').append(text).append(after, 'a'));
    }
  }
  return result;
}

}  // namespace

TEST_CASE("text is escaped as the contract shows it", "[text][H15]") {
  CHECK(json("").empty());
  CHECK(json("plain text, untouched") == "plain text, untouched");
  CHECK(json("a\"b\\c/d") == R"(a\"b\\c/d)");
  CHECK(json("\n\t\r\b\f") == R"(\n\t\r\b\f)");
  CHECK(json(std::string_view("\0\x01\x1b[31m\x7f", 8)) == R"(\u0000\u0001\u001b[31m\u007f)");
  CHECK(json("caf\u00e9 \u65e5\u672c \U0001F600") == "caf\u00e9 \u65e5\u672c \U0001F600");
  CHECK(json("\xc2\x9b"
             "31m\u2028\u2029\u202e\ufeff\u00ad") == R"(\u009b31m\u2028\u2029\u202e\ufeff\u00ad)");
  CHECK(json("\U000E0041\U000110BD") == R"(\udb40\udc41\ud804\udcbd)");
  CHECK(json("a\xff\xe2\x82z\xed\xa0\x80") == "a\uFFFD\uFFFDz\uFFFD\uFFFD\uFFFD");
  CHECK(bare("say \"hi\" c:\\tmp\n\x1b]0;x\x07") == R"(say "hi" c:\tmp\n\u001b]0;x\u0007)");
}

TEST_CASE("every code point is escaped exactly when it is unsafe, at any place in a block", "[text][H15]") {
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    const std::string encoded = reference::encode({&c, 1});
    require_as_reference(encoded);
    if (c < 0x3000 || reference::is_unsafe(c)) {
      for (const std::string& text : placements(encoded)) require_as_reference(text);
    }
  }
}

TEST_CASE("every sequence of two bytes, and three of the edges, is replaced as the standard says",
          "[text][H15]") {
  std::string text(2, '\0');
  for (unsigned pair = 0; pair < 0x10000; ++pair) {
    text[0] = static_cast<char>(pair >> 8);
    text[1] = static_cast<char>(pair & 0xFF);
    require_as_reference(text);
  }
  constexpr std::string_view edges =
      "\x00\x41\x7f\x80\x8f\x90\x9f\xa0\xbf\xc0\xc1\xc2\xdf\xe0\xec\xed\xee\xef\xf0\xf3\xf4\xf5\xff";
  for (const char a : edges) {
    for (const char b : edges) {
      for (const char c : edges) {
        for (const char d : edges) require_as_reference(std::string{a, b, c, d});
      }
    }
  }
}

TEST_CASE("random hostile text is one line of valid JSON that reads back as the repaired text",
          "[text][H15]") {
  reference::hostile_texts texts(20261120);
  simdjson::dom::parser parser;
  for (int i = 0; i < 100'000; ++i) {
    const std::string text = texts.next();
    require_as_reference(text);

    const std::string document = '"' + json(text) + '"';
    const bool raw = std::any_of(document.begin(), document.end(),
                                 [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; });
    std::string_view value;
    const auto error = parser.parse(document).get(value);
    if (raw || error != simdjson::SUCCESS || value != reference::encode(reference::decode(text))) {
      CAPTURE(document, raw, simdjson::error_message(error));
      FAIL("not the text that went in");
    }
  }
}

TEST_CASE("nothing outside the text is read and nothing outside the promised room is written",
          "[text][H15]") {
  const reference::guarded_memory input(4096);
  const reference::guarded_memory output(4096);
  constexpr std::array<std::string_view, 6> patterns{
      "a", "\"", "\x01", "\xff", "a\xe2\x82\xac\n", "\xf3\xa0\x81\x81"};
  for (std::size_t size = 0; size <= 64; ++size) {
    for (const std::string_view pattern : patterns) {
      std::string text;
      while (text.size() < size) text += pattern;
      text.resize(size);  // may cut the last character: a truncated sequence right before the guard page
      char* const room = output.end() - escaped_capacity(size);
      for (std::size_t shift = 0; shift < 16; ++shift) {
        for (char* const place : {input.begin() + shift, input.end() - size - shift}) {
          std::copy(text.begin(), text.end(), place);
          for (const escaper& escape : escapers) {
            const char* const end = escape.write(room, {place, size});
            if (std::string_view(room, static_cast<std::size_t>(end - room)) !=
                reference::escape(text, escape.quotes)) {
              CAPTURE(escape.name, text, shift);
              FAIL("escaped differently at the edge of a page");
            }
          }
        }
      }
    }
  }
}

TEST_CASE("a value stands bare only if it is one printable word that reads as a string", "[text][H15]") {
  for (const std::string_view text :
       {"alice", "r-1", "/orders/42", "2026-11-20", "10.0.0.1", "4bf92f3577b34da6", "caf\u00e9",
        "\u65e5\u672c", "True", "nullable", "1e", "--", "-", "+", "a[0]", "'x'", "12ms", "."}) {
    CAPTURE(text);
    CHECK(ctxlog::detail::bare_value(text));
  }
  for (const std::string_view text :
       {"",         "two words", "a=b",    "say\"",  "back\\slash", "tab\t",     "line\n",
        "\x1b[31m", "\x7f",      "\u009b", "\u202e", "\u00a0",      "\u3000",    "\xff",
        "true",     "false",     "null",   "42",     "-1",          "+1",        "0.5",
        ".5",       "1e5",       "1e999",  "NaN",    "inf",         "-Infinity", "99999999999999999999999999",
        "[1]",      "{}"}) {
    CAPTURE(text);
    CHECK_FALSE(ctxlog::detail::bare_value(text));
  }
}
