// What needs a process of its own: static order, fork, failing allocations.
// SPDX-License-Identifier: MIT
#include <string>

#include "context.hpp"

namespace {

context_test::program_result run_child(const std::string& name) {
  return context_test::run_program({CTXLOG_CHILDREN_DIR "/" + name});
}

TEST_CASE("variables work before their initialisation and in static destructors", "[ctx-21][ctx-22]") {
  const auto child = run_child("context_static_order");
  CHECK(child.status == 0);
  CHECK(child.output ==
        "request_id before\n"
        "main left by main\n"
        "request_id after\n"
        "none\n");
}

TEST_CASE("a forked child keeps the context of the thread that forked", "[ctx-19]") {
  const auto child = run_child("context_fork");
  CHECK(child.status == 0);
  CHECK(child.output ==
        "child forking+child\n"
        "parent forking+parent\n");
}

TEST_CASE("a failed allocation leaves the context as it was", "[ctx-10]") {
  const auto child = run_child("context_no_memory");
  CHECK(child.status == 0);
  CHECK(child.output ==
        "bind needs 2 allocations\n"
        "set needs 2 allocations\n"
        "number 1 other 2 mismatches 1\n");
}

}  // namespace
