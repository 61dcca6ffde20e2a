// Log files: gathered writes, rotation by size, and a second place for lines that the first one refuses.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <ctxlog/ctxlog.hpp>
#include <ctxlog/sinks/fallback.hpp>
#include <ctxlog/sinks/fd.hpp>
#include <ctxlog/sinks/file.hpp>
#include <filesystem>
#include <memory>

using namespace ctxlog::literals;

int main() {
  const auto directory = std::filesystem::temp_directory_path() / "ctxlog_example_files";
  std::filesystem::remove_all(directory);
  std::filesystem::create_directory(directory);

  ctxlog::remove_sinks();
  {
    // Files of at most 10 kB, five old ones kept; lines leave the process 4 KiB at a time, errors at once.
    auto file = std::make_shared<ctxlog::file_sink>(
        directory / "shop.log", ctxlog::fd_options{.buffer_size = 4096},
        ctxlog::file_options{.rotation = {.max_bytes = 10'000, .keep_files = 5}});
    auto sink = std::make_shared<ctxlog::fallback_sink>(file, ctxlog::stderr_sink());
    ctxlog::add_sink(sink, {.encoder = ctxlog::json_encoder()});
  }
  for (int i = 0; i < 1000; ++i) ctxlog::info("order placed", "order_id"_kv = i);
  const auto account = ctxlog::shutdown();

  const auto files = std::distance(std::filesystem::directory_iterator(directory), {});
  const auto smaller = [](const auto& entry) { return entry.file_size() <= 10'000; };
  const bool fits = std::all_of(std::filesystem::directory_iterator(directory), {}, smaller);
  ctxlog::add_sink(ctxlog::stdout_sink(), {.encoder = ctxlog::pattern_encoder("{message} {extra}")});
  ctxlog::info("done", "written"_kv = account.removed.written, "several_files"_kv = files > 2,
               "fits"_kv = fits);
}
