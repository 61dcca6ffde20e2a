// The same header on Boost.Asio, in a program of its own: one program uses one Asio.
// SPDX-License-Identifier: MIT
#include "context.hpp"

namespace {

TEST_CASE("the executor works on Boost.Asio", "[ctx-47][ctx-48]") {
  const auto child = context_test::run_program({CTXLOG_CHILDREN_DIR "/asio_boost"});
  CHECK(child.status == 0);
  if (child.output == "Boost.Asio is absent\n") SKIP(child.output);
  CHECK(child.output == "10 checks\n");
}

}  // namespace
