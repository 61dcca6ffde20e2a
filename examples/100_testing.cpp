// Testing: a program's own tests read the records it makes, with their types.
// SPDX-License-Identifier: MIT
#include <ctxlog/ctxlog.hpp>
#include <ctxlog/testing.hpp>
#include <string>

using namespace ctxlog::literals;

namespace {

constinit ctxlog::context_var<std::string> request_id{"request_id"};

void place_order(int id) { ctxlog::info("order {order_id} placed", "order_id"_kv = id); }

bool test_place_order() {
  const ctxlog::testing::capture records;
  const auto bound = request_id.bind("req-1");
  place_order(42);

  const auto record = records.only();  // throws unless there is exactly one
  return record.level == ctxlog::level::info && record.message == "order 42 placed" &&
         record.field<int>("order_id") == 42 && record.field<std::string>("request_id") == "req-1";
}

}  // namespace

int main() {
  ctxlog::configure({.patchers = {{ctxlog::context_variables(request_id)}}});
  const bool passed = test_place_order();
  ctxlog::info("test finished", "passed"_kv = passed);
  return passed ? 0 : 1;
}
