// Loggers: named, and carrying fields of their own.
// SPDX-License-Identifier: MIT
#include <ctxlog/ctxlog.hpp>

using namespace ctxlog::literals;

int main() {
  const ctxlog::logger log("shop.payment");
  log.info("ready");

  // bind() makes another logger; the first one stays as it is.
  const ctxlog::logger card = log.bind("provider"_kv = "acme", "attempt"_kv = 1);
  card.info("asking the bank");

  // The later value of a key wins and keeps the first one's place.
  card.warn("asking again", "attempt"_kv = 2);
  log.info("done");
}
