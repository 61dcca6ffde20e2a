// Everything an application needs to log; adapters (sinks, Asio, testing) have headers of their own.
// SPDX-License-Identifier: MIT
#pragma once

#include "ctxlog/ambient.hpp"
#include "ctxlog/config.hpp"
#include "ctxlog/context.hpp"
#include "ctxlog/encoder.hpp"
#include "ctxlog/field.hpp"
#include "ctxlog/level.hpp"
#include "ctxlog/logger.hpp"
#include "ctxlog/macros.hpp"
#include "ctxlog/patcher.hpp"
#include "ctxlog/pipeline.hpp"
#include "ctxlog/propagate.hpp"
#include "ctxlog/record.hpp"
#include "ctxlog/thread_name.hpp"
