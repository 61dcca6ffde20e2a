// Has the log files of the process opened anew, as programs that rotate logs ask for with a signal.
// SPDX-License-Identifier: MIT
#pragma once

#include "ctxlog/export.hpp"

namespace ctxlog {

/// Every file_sink of the process opens its path anew at its next write() or flush(); flush_due() says at once.
/// Async-signal-safe, any thread.
CTXLOG_API void request_reopen() noexcept;

/// Calls request_reopen() whenever `signal`, e.g. SIGHUP, comes, in place of whatever was done for it before.
/// A program with a handler of its own calls request_reopen() there instead. Throws std::system_error for a
/// signal that cannot be handled.
CTXLOG_API void reopen_on(int signal);

}  // namespace ctxlog
