// Qt makes macros of these words, and its users include our headers after its own.
// SPDX-License-Identifier: MIT
#define slots
#define signals public
#define emit
#define foreach(variable, container) for (variable : container)
#define forever for (;;)

#include "ctxlog/ctxlog.hpp"
#include "ctxlog/debug.hpp"
#include "ctxlog/fiber.hpp"
#include "ctxlog/http/request_id.hpp"
#include "ctxlog/process.hpp"
#include "ctxlog/task.hpp"
#include "ctxlog/testing.hpp"

void log_after_qt() { ctxlog::info("{} of {key}", 1, ctxlog::kv("key", "value")); }
