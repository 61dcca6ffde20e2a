// spdlog's sinks: any of them takes ctxlog's lines, here the rotating file.
// SPDX-License-Identifier: MIT
#include <spdlog/sinks/rotating_file_sink.h>

#include <ctxlog/ctxlog.hpp>
#include <ctxlog/sinks/spdlog.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>

using namespace ctxlog::literals;

int main() {
  const auto directory = std::filesystem::temp_directory_path() / "ctxlog_example_110";
  std::filesystem::remove_all(directory);

  constexpr std::size_t file_size = 300, files = 2;
  auto rotating =
      std::make_shared<spdlog::sinks::rotating_file_sink_mt>(directory / "shop.log", file_size, files);
  ctxlog::remove_sinks();
  ctxlog::add_sink(std::make_shared<ctxlog::spdlog_sink>(std::move(rotating)),
                   {.encoder = ctxlog::pattern_encoder("{level} {message} {extra}")});

  for (int i = 1; i <= 12; ++i) ctxlog::info("order {order_id} placed", "order_id"_kv = i);
  ctxlog::shutdown();

  std::cout << "shop.1.log, where the older orders are:\n" << std::ifstream(directory / "shop.1.log").rdbuf();
  std::cout << "shop.log:\n" << std::ifstream(directory / "shop.log").rdbuf();
  std::filesystem::remove_all(directory);
}
