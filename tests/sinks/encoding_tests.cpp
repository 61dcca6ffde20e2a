// Records that are encoded where their sink gathers lines: the same bytes as lines that are encoded elsewhere.
// SPDX-License-Identifier: MIT
#include <malloc.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <new>
#include <string>

#include "ctxlog/sinks/fd.hpp"
#include "sanitizers.hpp"
#include "sinks.hpp"

using namespace sinks_test;
using namespace std::chrono_literals;
using ctxlog::fd_sink;
using ctxlog::level;

namespace {

// Is what it is told, and may run out of memory half way.
struct told_line final : ctxlog::sink::line_encoder {
  std::string line;
  bool fails = false;

  void append_to(fmt::memory_buffer& out) const override {
    out.append(line.data(), line.data() + line.size());
    if (fails) throw std::bad_alloc();
  }
  std::error_code operator()(fd_sink& sink, const ctxlog::record& rec) const {
    fmt::memory_buffer spare;
    return sink.encode_and_write(rec, *this, spare);
  }
};

}  // namespace

TEST_CASE("a record encoded behind gathered lines is written in their order and within buffer_size") {
  const pipe_pair pipe(O_NONBLOCK);
  fd_sink sink(pipe.write_end(), "pipe", {.buffer_size = 10});
  told_line told;
  const auto write = [&](std::string line, level severity = level::info) {
    told.line = std::move(line);
    CHECK_FALSE(told(sink, made_record(at(1s), severity)));
    return read_all(pipe.read_end());
  };
  CHECK(write("aaa\n").empty());
  CHECK(write("bbb\n").empty());
  CHECK(write("c\n").empty());  // exactly full
  CHECK(write("d\n") == "aaa\nbbb\nc\n");
  CHECK(write("longer than the buffer\n") == "d\nlonger than the buffer\n");
  CHECK(write("e\n").empty());
  CHECK(write("urgent\n", level::error) == "e\nurgent\n");
  CHECK(write("f\n").empty());
  CHECK_FALSE(sink.flush());
  CHECK(read_all(pipe.read_end()) == "f\n");
}

TEST_CASE("an encoder that throws leaves nothing of its line behind those that are gathered") {
  const pipe_pair pipe(O_NONBLOCK);
  fd_sink sink(pipe.write_end(), "pipe", {.buffer_size = 1000});
  told_line told;
  told.line = "whole\n";
  CHECK_FALSE(told(sink, made_record(at(1s))));
  told.fails = true;
  told.line = "half a li";
  CHECK_THROWS_AS(told(sink, made_record(at(1s))), std::bad_alloc);
  told.fails = false;
  told.line = "next\n";
  CHECK_FALSE(told(sink, made_record(at(1s))));
  CHECK_FALSE(sink.flush());
  CHECK(read_all(pipe.read_end()) == "whole\nnext\n");
}

TEST_CASE("lines encoded in the sink and lines given to it make the same bytes", "[H14]") {
  const std::size_t buffer_size = GENERATE(0u, 1u, 64u, 300u);
  const pipe_pair given_pipe(O_NONBLOCK), encoded_pipe(O_NONBLOCK);
  fd_sink given(given_pipe.write_end(), "given", {.buffer_size = buffer_size});
  fd_sink encoded(encoded_pipe.write_end(), "encoded", {.buffer_size = buffer_size});
  told_line told;
  std::string given_bytes, encoded_bytes;
  for (int i = 0; i < 400; ++i) {
    told.line = numbered_line(0, i, 40 + static_cast<std::size_t>(i * 37 % 90));
    const made_record rec(at(std::chrono::milliseconds(7 * i)), i % 50 == 49 ? level::error : level::info);
    CHECK_FALSE(given.write(rec, told.line));
    CHECK_FALSE(told(encoded, rec));
    given_bytes += read_all(given_pipe.read_end());
    encoded_bytes += read_all(encoded_pipe.read_end());
    REQUIRE(encoded_bytes == given_bytes);  // at the same moments, too
  }
}

TEST_CASE("a sink gives the memory of a long line back when its lines are written") {
  if (address_sanitizer || thread_sanitizer) SKIP("a sanitizer's memory is counted too");
  const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  fd_sink sink(null, "null", {.buffer_size = 100});
  ::close(null);
  told_line told;
  told.line = "short\n";
  CHECK_FALSE(told(sink, made_record(at(1s))));
  const auto in_use = [] {
    const auto all = ::mallinfo2();
    return all.uordblks + all.hblkhd;
  };
  const std::size_t before = in_use();
  told.line.assign(8 * 1024 * 1024, 'x');
  CHECK_FALSE(told(sink, made_record(at(1s))));
  told.line = {};
  told.line.shrink_to_fit();
  CHECK(in_use() < before + 1024 * 1024);
}
