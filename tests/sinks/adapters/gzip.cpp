// Compression of rotated files with gzip.
// SPDX-License-Identifier: MIT
#include "ctxlog/sinks/gzip.hpp"

#include <catch2/catch_test_macros.hpp>

#include "ctxlog/sinks/file.hpp"
#include "sinks.hpp"

using namespace sinks_test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

std::string unpacked(const fs::path& path) {
  std::string bytes(1 << 20, '\0');
  const gzFile file = ::gzopen(path.c_str(), "rb");
  const int count = ::gzread(file, bytes.data(), static_cast<unsigned>(bytes.size()));
  bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return ::gzclose(file) == Z_OK ? bytes : "damaged";
}

}  // namespace

TEST_CASE("rotated files are compressed, and no byte of them is lost", "[LG-14]") {
  const temporary_directory directory;
  const auto path = directory.path / "app.log";
  {
    ctxlog::file_sink sink(path.string(), {}, {.rotation = {.max_bytes = 200'000, .compress = ctxlog::gzip}});
    for (int number = 0; number < 2000; ++number)
      CHECK_FALSE(sink.write(made_record(at(number * 1s)), numbered_line(0, number, 300)));
  }
  std::vector<fs::path> packed;
  for (const auto& entry : fs::directory_iterator(directory.path))
    if (entry.path().extension() == ".gz") packed.push_back(entry.path());
  std::sort(packed.begin(), packed.end());
  REQUIRE(packed.size() == 3);
  std::string all;
  for (const auto& file : packed) {
    CHECK(fs::status(file).permissions() == fs::status(path).permissions());
    all += unpacked(file);
  }
  CHECK(is_sequence(all + read_file(path), 0, 2000));
  // These, the file in use and its lock; nothing unfinished.
  CHECK(std::distance(fs::directory_iterator(directory.path), {}) == 5);
}

TEST_CASE("gzip overwrites nothing and leaves a file that it cannot compress") {
  const temporary_directory directory;
  const auto path = (directory.path / "old.log").string();
  CHECK_THROWS_AS(ctxlog::gzip(path), std::system_error);
  std::ofstream(path) << "line\n";
  std::ofstream(path + ".gz") << "precious";
  CHECK_THROWS_AS(ctxlog::gzip(path), std::system_error);
  CHECK(read_file(path) == "line\n");
  CHECK(read_file(path + ".gz") == "precious");
  CHECK_FALSE(fs::exists(path + ".gz.part"));
}
