// The command `ctxlog`: delivers the records that a process accepted and did not live to deliver.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "ctxlog/encoder.hpp"
#include "ctxlog/export.hpp"
#include "ctxlog/recover.hpp"
#include "ctxlog/sinks/fd.hpp"
#include "ctxlog/sinks/file.hpp"

namespace {

enum exit_code { recovered = 0, failed = 1, misused = 2 };

using make_encoder = std::shared_ptr<const ctxlog::encoder> (*)();

const std::map<std::string, make_encoder>& encoders() {
  static const std::map<std::string, make_encoder> known{
      {"json", ctxlog::json_encoder},     {"ecs", ctxlog::ecs_encoder},
      {"gcp", ctxlog::gcp_encoder},       {"datadog", ctxlog::datadog_encoder},
      {"otlp", ctxlog::otlp_encoder},     {"loguru", ctxlog::loguru_encoder},
      {"logfmt", ctxlog::logfmt_encoder}, {"pretty", [] { return ctxlog::pretty_encoder(false); }},
  };
  return known;
}

struct options {
  std::vector<std::string> files;
  make_encoder encoder = ctxlog::json_encoder;
  std::string output;
  bool keep = false;
};

// What stands behind the last newline.
std::string torn_end_of(const std::string& path) {
  if (!std::filesystem::is_regular_file(path)) return {};
  std::ifstream file(path, std::ios::binary);
  std::string end;
  for (std::string line; std::getline(file, line);) end = file.eof() ? line : std::string();
  return end;
}

class output {
 public:
  explicit output(const options& chosen) : path_(chosen.output) {
    if (path_.empty())
      sink_ = ctxlog::stdout_sink();
    else
      sink_ = std::make_shared<ctxlog::file_sink>(path_,
                                                  ctxlog::fd_options{.sync = ctxlog::sync_policy::interval});
  }

  void write(const ctxlog::record& rec, std::string_view line) {
    if (const std::error_code error = sink_->write(rec, line))
      throw std::system_error(error,
                              fmt::format("cannot write to {}", path_.empty() ? "standard output" : path_));
  }

  // The process may have ended in the middle of a line of this very file: the rest of it comes first.
  void complete_torn_line(const std::string& queue_file, const ctxlog::encoder& with) {
    const std::string torn = path_.empty() ? std::string() : torn_end_of(path_);
    bool completed = torn.empty();
    if (completed) return;
    ctxlog::recover(
        queue_file, with,
        [&](const ctxlog::record& rec, std::string_view line) {
          if (!completed && line.starts_with(torn)) {
            write(rec, line.substr(torn.size()));
            completed = true;
          }
        },
        true);
    // Half of a line of somebody else: let it not spoil the first of ours.
    if (!completed) std::ofstream(path_, std::ios::app) << '\n';
  }

 private:
  std::string path_;
  std::shared_ptr<ctxlog::sink> sink_;
};

void recover(const std::string& file, const options& chosen, const ctxlog::encoder& with, output& out) {
  out.complete_torn_line(file, with);
  const ctxlog::recovery result = ctxlog::recover(
      file, with, [&](const ctxlog::record& rec, std::string_view line) { out.write(rec, line); },
      chosen.keep);
  fmt::print(stderr, "{}: {} records recovered, {} already written, {} queues damaged; process {}, {}{}\n",
             file, result.records, result.already_written, result.damaged, result.process, result.program,
             chosen.keep ? "; the file is kept" : "");
}

int recover_all(const options& chosen) {
  exit_code result = recovered;
  const auto with = chosen.encoder();
  output out(chosen);
  for (const std::string& file : chosen.files) {
    try {
      recover(file, chosen, *with, out);
    } catch (const std::exception& e) {
      fmt::print(stderr, "ctxlog recover: {}\n", e.what());
      result = failed;
    }
  }
  return result;
}

}  // namespace

int main(int count, char** arguments) {
  CLI::App app("Tools for the logs of programs that use ctxlog");
  app.set_version_flag("--version", fmt::format("ctxlog {}.{}.{}", CTXLOG_VERSION_MAJOR, CTXLOG_VERSION_MINOR,
                                                CTXLOG_VERSION_PATCH));
  app.require_subcommand(1);
  CLI::App& recover = *app.add_subcommand(
      "recover",
      "Write the records that processes accepted and did not live to deliver, and remove their queue files");
  recover.footer(
      "Records whose line stands in a log file of the process, in the same format, are not written again.\n"
      "Exit status: 0 all files are recovered, 1 one is not and stays as it is, 2 the command was misused.");
  options chosen;
  std::string format = "json";
  std::vector<std::string> formats;
  for (const auto& [name, make] : encoders()) formats.push_back(name);
  recover.add_option("FILE", chosen.files, "queue files, *.ctxlog-queue")->required();
  recover.add_option("--format", format, "how to write them, as LOG_FORMAT")
      ->capture_default_str()
      ->check(CLI::IsMember(formats));
  recover.add_option("--output", chosen.output, "append to this file instead of writing to standard output");
  recover.add_flag("--keep", chosen.keep, "leave the queue files");
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? recovered : misused;
  }
  try {
    chosen.encoder = encoders().at(format);
    return recover_all(chosen);
  } catch (const std::exception& e) {
    fmt::print(stderr, "ctxlog: {}\n", e.what());
    return failed;
  }
}
