// Ambient fields: a block of code gives its fields to everything below it, without passing them on.
// SPDX-License-Identifier: MIT
#include <ctxlog/ctxlog.hpp>
#include <string>

using namespace ctxlog::literals;

namespace {

void charge() { ctxlog::info("card charged", "amount"_kv = 30); }

void check_out(const std::string& user) {
  const auto fields = ctxlog::with_fields("user"_kv = user, "step"_kv = "cart");
  ctxlog::info("check-out begins");
  {
    const auto inner = ctxlog::with_fields("step"_kv = "payment");  // hides the outer value
    charge();
  }
  ctxlog::info("check-out ends");
}

}  // namespace

int main() {
  check_out("ada");
  check_out("grace");
  ctxlog::info("shop closed");
}
