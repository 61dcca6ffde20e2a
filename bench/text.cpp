// Nanoseconds of the text primitives: escaping, numbers and time stamps.
// SPDX-License-Identifier: MIT
#include <benchmark/benchmark.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text/escape.hpp"
#include "text/number.hpp"
#include "text/time.hpp"
#include "text/utf8.hpp"

namespace {

namespace detail = ctxlog::detail;

// The clobbered memory makes every round read its input anew, as an encoder gets it.
template <class Write>
void over_text(benchmark::State& state, const std::string& text, Write write) {
  std::vector<char> out(detail::escaped_capacity(text.size()));
  std::string_view view = text;
  benchmark::DoNotOptimize(&view);
  for (auto _ : state) {
    benchmark::DoNotOptimize(write(out.data(), view));
    benchmark::ClobberMemory();
  }
}

// Several values in turn, so that no branch is learnt for one.
template <class Value, class Write>
void over_values(benchmark::State& state, const std::array<Value, 8>& values, Write write) {
  std::array<char, 64> out;
  std::size_t i = 0;
  benchmark::DoNotOptimize(values.data());
  for (auto _ : state) {
    benchmark::DoNotOptimize(write(out.data(), values[i++ % values.size()]));
    benchmark::ClobberMemory();
  }
}

std::string repeated(std::string_view pattern, std::size_t size) {
  std::string text;
  while (text.size() < size) text += pattern;
  text.resize(size);
  return text;
}

void register_text(const std::string& name, const std::string& text) {
  using block = char* (*)(char*, std::string_view);
  const auto add = [&](const std::string& which, block write) {
    benchmark::RegisterBenchmark((which + "/" + name).c_str(),
                                 [text, write](benchmark::State& state) { over_text(state, text, write); });
  };
  add("escape", [](char* out, std::string_view s) { return detail::write_json_escaped(out, s); });
  add("escape_by_words", detail::write_escaped<detail::escape_set::json, detail::word_block>);
}

void register_texts() {
  register_text("12_clean", "order-123456");
  register_text("28_dirty", "say \"hi\",\nthen caf\u00e9 \u2013 done!");
  register_text("36_clean", "6ba7b810-9dad-11d1-80b4-00c04fd430c8");
  register_text("1024_clean", repeated("The quick brown fox jumps over the lazy dog. ", 1024));
  register_text("1024_dirty", repeated("{\"path\":\"C:\\\\tmp\",\n\"n\":1}", 1024));
  register_text("1024_latin", repeated("caf\u00e9 cr\u00e8me br\u00fbl\u00e9e, ", 1024));
  register_text("1024_cyrillic", repeated("\u043f\u0440\u0438\u0432\u0435\u0442 ", 1024));
  register_text("1024_chinese", repeated("\u65e5\u672c\u8a9e", 1023));
}

void uint64_20_digits(benchmark::State& state) {
  over_values<std::uint64_t>(
      state,
      {18446744073709551615U, 12345678901234567890U, 10000000000000000000U, 17777777777777777777U,
       11111111111111111111U, 18000000000000000001U, 12121212121212121212U, 13131313131313131313U},
      detail::write_uint64);
}

void int64_mixed(benchmark::State& state) {
  over_values<std::int64_t>(state, {0, -1, 42, 200, 1234, -56789, 8080, 123456789}, detail::write_int64);
}

void double_3_decimals(benchmark::State& state) {
  over_values<double>(state, {0.5, 12.25, 1999.99, 3, -0.125, 100000, 42.42, 7.001}, detail::write_double);
}

void double_17_digits(benchmark::State& state) {
  over_values<double>(
      state,
      {2.0 / 3, 1e300 / 7, 3.141592653589793, 1.1e-7, 123.456789012345, 1e-300 / 3, 0.1 + 0.2, 1e22 / 9},
      detail::write_double);
}

void double_to_chars(benchmark::State& state) {
  over_values<double>(state, {0.5, 12.25, 1999.99, 3, -0.125, 100000, 42.42, 7.001},
                      [](char* out, double value) { return std::to_chars(out, out + 32, value).ptr; });
}

constexpr std::int64_t now = 1795166319374940123;

void rfc3339_stateless(benchmark::State& state) {
  over_values<std::int64_t>(
      state, {now, now + 1000, now + 2000, now + 3000, now + 4000, now + 5000, now + 6000, now + 7000},
      detail::write_rfc3339_utc);
}

void rfc3339_same_second(benchmark::State& state) {
  detail::rfc3339_formatter formatter;
  over_values<std::int64_t>(
      state, {now, now + 1000, now + 2000, now + 3000, now + 4000, now + 5000, now + 6000, now + 7000},
      [&](char* out, std::int64_t value) { return formatter.write(out, value); });
}

void local_time_same_second(benchmark::State& state) {
  detail::local_time_formatter formatter;
  over_values<std::int64_t>(
      state, {now, now + 1000, now + 2000, now + 3000, now + 4000, now + 5000, now + 6000, now + 7000},
      [&](char* out, std::int64_t value) { return formatter.write_time_ms(out, value); });
}

BENCHMARK(uint64_20_digits);
BENCHMARK(int64_mixed);
BENCHMARK(double_3_decimals);
BENCHMARK(double_17_digits);
BENCHMARK(double_to_chars);
BENCHMARK(rfc3339_stateless);
BENCHMARK(rfc3339_same_second);
BENCHMARK(local_time_same_second);

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  register_texts();
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
