// What most test files include and none changes, parsed once for all of them.
// SPDX-License-Identifier: MIT
#pragma once

#include <simdjson.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <filesystem>
#include <map>
#include <thread>

#include "ctxlog/ctxlog.hpp"
#include "ctxlog/testing.hpp"
#include "json.hpp"
