// Exceptions: type, message and causes as data, and nothing that fails inside a log call reaches its caller.
// SPDX-License-Identifier: MIT
#include <ctxlog/ctxlog.hpp>
#include <exception>
#include <stdexcept>

using namespace ctxlog::literals;

namespace {

void open_till() { throw std::runtime_error("lock jammed"); }

void pay_out() {
  try {
    open_till();
  } catch (...) {
    std::throw_with_nested(std::logic_error("no cash"));
  }
}

void confused_patcher(ctxlog::record&) { throw std::runtime_error("which request?"); }

}  // namespace

int main() {
  try {
    pay_out();
  } catch (const std::exception& error) {
    ctxlog::error("refund failed", "error"_kv = error, "order_id"_kv = 42);
  }

  try {
    throw 42;
  } catch (...) {
    ctxlog::error("something else failed", "error"_kv = std::current_exception());
  }

  // The record is written with what is known, and says what went wrong.
  ctxlog::logger("shop").patch(ctxlog::patcher(confused_patcher)).info("shop open");
}
