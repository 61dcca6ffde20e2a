// Recovery: what the asynchronous pipeline accepted outlives the process.
// SPDX-License-Identifier: MIT
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <ctxlog/ctxlog.hpp>
#include <ctxlog/recover.hpp>
#include <ctxlog/sinks/callback.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>

using namespace ctxlog::literals;

namespace {

// Nothing is written: whoever reads the log is stuck. Then comes kill -9.
void log_until_killed(const std::string& directory) {
  const auto stuck = [](const ctxlog::record&, std::string_view) { ::pause(); };
  ctxlog::configure({.pipeline = ctxlog::async_pipeline{.directory = directory},
                     .sinks = {{{std::make_shared<ctxlog::callback_sink>(stuck), {}}}}});
  ctxlog::info("order {} placed", 42, "gift"_kv = false);
  ctxlog::error("the bank does not answer");
  ::raise(SIGKILL);
}

// The next start of the same program does it by itself, and `ctxlog recover FILE` from a shell.
void recover_by_hand(const std::string& queue_file) {
  const auto show = [](const ctxlog::record&, std::string_view line) { std::cout << line; };
  const auto encoder = ctxlog::pattern_encoder("{level} | {message} | {extra}");
  const ctxlog::recovery result = ctxlog::recover(queue_file, *encoder, show);
  std::cout << result.records << " records recovered\n";
}

}  // namespace

int main() {
  std::string directory = "/tmp/ctxlog-recovery-XXXXXX";
  if (::mkdtemp(directory.data()) == nullptr) return 1;
  if (::fork() == 0) log_until_killed(directory);
  ::wait(nullptr);
  for (const auto& entry : std::filesystem::directory_iterator(directory))
    recover_by_hand(entry.path().string());
  std::filesystem::remove_all(directory);
}
