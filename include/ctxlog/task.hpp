// Coroutines that follow the context: tasks, starting and joining them, and helpers for those of other libraries.
// SPDX-License-Identifier: MIT
#pragma once

#include "ctxlog/coroutines/basic_task.hpp"
#include "ctxlog/coroutines/coroutine_scope.hpp"
#include "ctxlog/coroutines/executor.hpp"
#include "ctxlog/coroutines/preserve.hpp"
#include "ctxlog/coroutines/run_on.hpp"
#include "ctxlog/coroutines/running.hpp"
#include "ctxlog/coroutines/spawn.hpp"
#include "ctxlog/coroutines/sync_wait.hpp"
#include "ctxlog/coroutines/this_task.hpp"
#include "ctxlog/coroutines/when_all.hpp"
#include "ctxlog/coroutines/when_any.hpp"
