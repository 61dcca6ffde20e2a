// Drogon's own log, which is Trantor's: its lines become records with the context of the code that wrote them.
// SPDX-License-Identifier: MIT
#pragma once

#include <trantor/utils/Logger.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "ctxlog/logger.hpp"

namespace ctxlog::drogon {
namespace detail {

/// "20261120 19:40:13.123456 UTC 4711 INFO  text - file.cc:12\n" taken apart: time and thread are the record's own.
struct trantor_line {
  explicit trantor_line(std::string_view whole) : text(whole) {
    if (text.ends_with('\n')) text.remove_suffix(1);
    if (take_level()) take_source();
  }

  ctxlog::level level = ctxlog::level::info;
  std::string_view text;
  std::string_view file;
  int line = 0;

 private:
  static constexpr std::string_view digits = "0123456789";

  bool take_level() {
    static constexpr std::array<std::pair<std::string_view, ctxlog::level>, 6> names{
        {{" TRACE ", ctxlog::level::trace},
         {" DEBUG ", ctxlog::level::debug},
         {" INFO  ", ctxlog::level::info},
         {" WARN  ", ctxlog::level::warn},
         {" ERROR ", ctxlog::level::error},
         {" FATAL ", ctxlog::level::critical}}};
    const std::size_t time = text.find_first_not_of("0123456789 :.");
    if (time == 0 || time == std::string_view::npos) return false;
    std::size_t thread = text.substr(time).starts_with("UTC ") ? time + 4 : text.rfind(' ', time - 2) + 1;
    thread = text.find_first_not_of(digits, thread);
    if (thread == std::string_view::npos) return false;
    for (const auto& [name, value] : names) {
      if (!text.substr(thread).starts_with(name)) continue;
      level = value;
      text.remove_prefix(thread + name.size());
      return true;
    }
    return false;
  }

  void take_source() {
    const std::size_t separator = text.rfind(" - ");
    if (separator == std::string_view::npos) return;
    const std::string_view source = text.substr(separator + 3);
    const std::size_t colon = source.rfind(':');
    if (colon == std::string_view::npos || source.find(' ') < colon) return;
    const auto [end, error] = std::from_chars(source.data() + colon + 1, source.data() + source.size(), line);
    if (error != std::errc() || end != source.data() + source.size()) return;
    file = source.substr(0, colon);
    text = text.substr(0, separator);
  }
};

inline void log_line(const char* bytes, std::uint64_t size) {
  static const logger own("trantor");
  const trantor_line line(std::string_view(bytes, size));
  const std::string file(line.file);
  own.log(line.level, message<>(line.text, file.c_str(), line.line, ""));
}

}  // namespace detail

/// From now on Trantor's lines go to the logger `trantor`: with their level and source, without their own time and
/// thread. What trantor::Logger::setLogLevel() suppresses does not come here. Before app().run().
inline void install_log() {
  ::trantor::Logger::setOutputFunction(detail::log_line, [] {});
}

}  // namespace ctxlog::drogon
