// Decoding, validating, cutting and measuring UTF-8.
// SPDX-License-Identifier: MIT
#include "text/utf8.hpp"

#include <simdjson.h>

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "reference.hpp"
#include "text/width.hpp"

namespace {

std::u32string decode(std::string_view text) {
  std::u32string result;
  const char* const last = text.data() + text.size();
  for (const char* in = text.data(); in != last;) {
    const auto step = ctxlog::detail::decode_utf8(in, last);
    result += step.code_point;
    in += step.size;
  }
  return result;
}

std::string replaced(std::string_view text) { return reference::encode(decode(text)); }

}  // namespace

TEST_CASE("exactly the control, format and separator characters are unsafe", "[text][H15]") {
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (ctxlog::detail::is_unsafe(c) != reference::is_unsafe(c))
      FAIL("U+" << std::hex << static_cast<unsigned>(c));
  }
}

TEST_CASE("every code point is decoded and encoded", "[text]") {
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    const std::string text = reference::encode({&c, 1});
    const auto step = ctxlog::detail::decode_utf8(text.data(), text.data() + text.size());
    char out[4];
    const char* const end = ctxlog::detail::write_utf8(out, c);
    if (step.code_point != c || !step.valid || step.size != text.size() ||
        std::string_view(out, static_cast<std::size_t>(end - out)) != text) {
      FAIL("U+" << std::hex << static_cast<unsigned>(c));
    }
  }
}

TEST_CASE("ill-formed bytes are replaced as Python replaces them", "[text][H15]") {
  // bytes.decode('utf-8', 'replace') of Python 3.11
  CHECK(replaced("\x80") == "\uFFFD");
  CHECK(replaced("\xc0\xaf") == "\uFFFD\uFFFD");
  CHECK(replaced("\xe0\x80\xaf") == "\uFFFD\uFFFD\uFFFD");
  CHECK(replaced("\xe2\x82") == "\uFFFD");
  CHECK(replaced("\xe2\x82z") == "\uFFFDz");
  CHECK(replaced("\xf0\x9f\x98") == "\uFFFD");
  CHECK(replaced("\xf0\x80\x80\x80") == "\uFFFD\uFFFD\uFFFD\uFFFD");
  CHECK(replaced("\xf4\x90\x80\x80") == "\uFFFD\uFFFD\uFFFD\uFFFD");
  CHECK(replaced("\xed\xa0\x80\xed\xb0\x80") == "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD");
  CHECK(replaced("\xf1\x80\xe1\x80\xc2z\xfe\xff") == "\uFFFD\uFFFD\uFFFDz\uFFFD\uFFFD");
}

TEST_CASE("random text is judged and decoded like the reference and like simdjson", "[text][H15]") {
  reference::hostile_texts texts(8);
  for (int i = 0; i < 100'000; ++i) {
    const std::string text = texts.next();
    if (decode(text) != reference::decode(text) ||
        ctxlog::detail::is_valid_utf8(text) != simdjson::validate_utf8(text.data(), text.size())) {
      CAPTURE(text);
      FAIL("judged differently");
    }
  }
}

TEST_CASE("no byte behind the text is looked at", "[text][H15]") {
  const reference::guarded_memory memory(4096);
  for (const std::string_view text :
       {"\xc3", "\xe2\x82", "\xf0\x9f\x98", "aaaaaaa\xf0", "aaaaaaaa\xe2\x82"}) {
    char* const place = memory.end() - text.size();
    std::copy(text.begin(), text.end(), place);
    const std::string_view guarded(place, text.size());
    CHECK(decode(guarded) == reference::decode(text));
    CHECK_FALSE(ctxlog::detail::is_valid_utf8(guarded));
    CHECK(ctxlog::detail::truncate_utf8(guarded, text.size()) == text);
    CHECK(ctxlog::detail::display_width(guarded) == reference::decode(text).size());
  }
}

TEST_CASE("text is cut between code points and never longer than asked", "[text]") {
  using ctxlog::detail::truncate_utf8;
  CHECK(truncate_utf8("plain", 10) == "plain");
  CHECK(truncate_utf8("plain", 5) == "plain");
  CHECK(truncate_utf8("plain", 2) == "pl");
  CHECK(truncate_utf8("\u20ac", 2).empty());
  CHECK(truncate_utf8("a\U0001F600b", 4) == "a");
  CHECK(truncate_utf8("a\U0001F600b", 5) == "a\U0001F600");
  CHECK(truncate_utf8("\x80\x80\x80\x80\x80\x80", 4) == "\x80\x80\x80\x80");

  reference::hostile_texts texts(9);
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = texts.next();
    const std::string valid = replaced(text);
    for (std::size_t limit = 0; limit <= valid.size() && limit < 40; ++limit) {
      const std::string_view cut = truncate_utf8(valid, limit);
      const bool whole = ctxlog::detail::is_valid_utf8(cut);
      const bool longest = limit - cut.size() < 4;
      if (cut.size() > limit || !whole || !longest || !valid.starts_with(cut)) {
        CAPTURE(valid, limit, cut);
        FAIL("cut at the wrong place");
      }
      if (truncate_utf8(text, limit).size() > limit) FAIL("longer than asked");
    }
  }
}

TEST_CASE("width counts terminal cells", "[text]") {
  using ctxlog::detail::display_width;
  CHECK(display_width("") == 0);
  CHECK(display_width("hello") == 5);
  CHECK(display_width("caf\u00e9") == 4);
  CHECK(display_width("cafe\u0301") == 4);
  CHECK(display_width("\u65e5\u672c") == 4);
  CHECK(display_width("\ud55c\uae00") == 4);
  CHECK(display_width("\U0001F600!") == 3);
  CHECK(display_width("\uff21\uff71") == 3);
  CHECK(display_width("\u0928\u094d\u0928") == 2);
  CHECK(display_width("\u2026\u2500") == 2);
  CHECK(display_width("a\xff") == 2);
}
