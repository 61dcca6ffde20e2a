// Sinks: where records go; each has a level, a format and a filter of its own.
// SPDX-License-Identifier: MIT
#include <ctxlog/ctxlog.hpp>
#include <ctxlog/sinks/callback.hpp>
#include <ctxlog/sinks/fd.hpp>
#include <memory>
#include <string_view>

using namespace ctxlog::literals;

int main() {
  ctxlog::remove_sinks();  // the one that ENV chose
  ctxlog::add_sink(ctxlog::stdout_sink(),
                   {.encoder = ctxlog::pattern_encoder("{level} | {logger} | {message} | {extra}")});

  int alarms = 0;
  const auto on_error = [&](const ctxlog::record&, std::string_view) { ++alarms; };
  ctxlog::add_sink(std::make_shared<ctxlog::callback_sink>(on_error), {.level = ctxlog::level::error});

  // JSON for one part of the program only.
  const auto audit = ctxlog::add_sink(
      ctxlog::stdout_sink(),
      {.encoder = ctxlog::json_encoder(),
       .filter = ctxlog::levels_by_logger({{"", ctxlog::level::off}, {"audit", ctxlog::level::info}})});

  ctxlog::info("shop open");
  ctxlog::error("till is empty", "till"_kv = 3);
  ctxlog::logger("audit.cash").info("cash counted", "amount"_kv = 120);

  ctxlog::remove_sink(audit);
  ctxlog::logger("audit.cash").info("shop closed", "alarms"_kv = alarms);

  // What every sink was offered is accounted for.
  for (const auto& sink : ctxlog::stats().sinks)
    ctxlog::info("account", "sink"_kv = sink.name, "written"_kv = sink.written, "dropped"_kv = sink.dropped);
}
