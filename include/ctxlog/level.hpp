// Severity of a record: six named levels with room between them for an application's own.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "ctxlog/export.hpp"

namespace ctxlog {

/// A number from 1 (least severe) to 254; the named ones are those of loguru, so a level of the
/// application's own fits between them (`define_level("success", 25)`). `off` is a threshold only.
enum class level : std::uint8_t {
  trace = 5,
  debug = 10,
  info = 20,
  warn = 30,
  error = 40,
  critical = 50,
  off = 255
};

/// Gives `number` a name and an icon (the icon appears in the loguru schema). Any thread, any time; the
/// name is kept for the life of the process. Throws std::invalid_argument when the number is 0 or 255,
/// when the name is empty, holds anything but `[A-Za-z0-9_-]` or is already taken by another number, and
/// when the number already has another name: records of one number never change their meaning.
CTXLOG_API level define_level(std::string_view name, std::uint8_t number, std::string_view icon = " ");

/// Lower-case name, e.g. "info"; "level 33" for a number nobody named. Valid for the life of the process.
CTXLOG_API std::string_view level_name(level) noexcept;

/// Upper-case name, e.g. "INFO"; "Level 33" for a number nobody named (as loguru writes it).
CTXLOG_API std::string_view level_label(level) noexcept;

/// The icon given to define_level(), a blank for a number nobody named.
CTXLOG_API std::string_view level_icon(level) noexcept;

/// The level of that name in any case, also "warning", "err", "fatal", "off", "none" and a number from 1 to
/// 254.
CTXLOG_API std::optional<level> parse_level(std::string_view) noexcept;

}  // namespace ctxlog
