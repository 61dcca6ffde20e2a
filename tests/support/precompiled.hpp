// What most test files include and none changes, parsed once for all of them.
// SPDX-License-Identifier: MIT
#pragma once

#include <catch2/catch_test_macros.hpp>

#include "ctxlog/ctxlog.hpp"
#include "ctxlog/testing.hpp"
#include "json.hpp"
