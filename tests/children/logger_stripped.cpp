// Logs by macros of which some are stripped; fails when a stripped one's arguments were evaluated.
// SPDX-License-Identifier: MIT
#define CTXLOG_STRIP_BELOW 20
#include "ctxlog/ctxlog.hpp"

namespace {

int evaluations = 0;
[[maybe_unused]] int evaluated() { return ++evaluations; }

}  // namespace

int main() {
  const ctxlog::logger log("stripped");
  CTXLOG_TRACE("this one is stripped {}", evaluated());
  CTXLOG_DEBUG("this one is stripped {}", evaluated());
  CTXLOG_LOG(log, ctxlog::level::debug, "this one is stripped {}", evaluated());
  CTXLOG_INFO("this one is kept {}", evaluated());
  CTXLOG_WARN("this one is kept {}", evaluated());
  CTXLOG_LOG(log, ctxlog::level::error, "this one is kept {}", evaluated());
  return evaluations == 3 ? 0 : 1;
}
