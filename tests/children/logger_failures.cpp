// Makes 10 000 failures of the kind it is asked for, then prints what was counted and how long it took.
// SPDX-License-Identifier: MIT
#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string_view>

#include "ctxlog/ctxlog.hpp"

namespace {

struct refusing_sink final : ctxlog::sink {
  std::error_code write(const ctxlog::record&, std::string_view) override {
    return make_error_code(std::errc::no_space_on_device);
  }
  std::string_view name() const noexcept override { return "refusing"; }
};

}  // namespace

int main(int, char** arguments) {
  using clock = std::chrono::steady_clock;
  const std::string_view kind = arguments[1];
  if (kind == "patcher")
    ctxlog::configure(
        {.patchers = {{[](ctxlog::record&) { throw std::runtime_error("patcher went wrong"); }}}});
  if (kind == "sink") ctxlog::add_sink(std::make_shared<refusing_sink>());
  const auto start = clock::now();
  for (int i = 0; i < 10'000; ++i) ctxlog::info("x");
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(clock::now() - start).count();
  const auto account = ctxlog::shutdown();
  std::printf("{\"patch_errors\":%llu,\"dropped\":%llu,\"seconds\":%lld}\n",
              static_cast<unsigned long long>(account.patch_errors),
              static_cast<unsigned long long>(account.removed.dropped), static_cast<long long>(seconds));
}
