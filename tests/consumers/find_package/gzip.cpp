// A user's program that compresses rotated files: the adapter's target brings zlib.
// SPDX-License-Identifier: MIT
#include <ctxlog/sinks/file.hpp>
#include <ctxlog/sinks/gzip.hpp>

int main() {
  const ctxlog::file_options options{.rotation = {.max_bytes = 1'000'000, .compress = ctxlog::gzip}};
  return options.rotation.compress ? 0 : 1;
}
