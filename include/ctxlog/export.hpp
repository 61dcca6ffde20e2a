// Symbol visibility of the compiled library: hidden unless marked CTXLOG_API.
// SPDX-License-Identifier: MIT
#pragma once

#define CTXLOG_VERSION_MAJOR 0
#define CTXLOG_VERSION_MINOR 1
#define CTXLOG_VERSION_PATCH 0

// The library is built with -fvisibility=hidden; the same attribute serves the build and its users on ELF
// platforms.
#define CTXLOG_API __attribute__((visibility("default")))
